-- _search_settings: choose the settings that pgvector searches with.

CREATE OR REPLACE FUNCTION vecs._search_settings(
    method text,
    candidates double precision,
    filtered boolean,
    ef_search bigint,
    probes bigint,
    OUT names text[],
    OUT settings text[]
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- hnsw: an iterative scan finds what does not fit into the candidate list.
    v_iterative boolean := CASE method
        WHEN 'hnsw' THEN candidates > coalesce(ef_search, 1000)
        ELSE filtered
    END;
BEGIN
    -- enable_sort: the index orders the rows, whatever the planner estimates for the filter.
    -- A setting of pgvector is NULL while its library is not loaded; then its default applies.
    IF method = 'hnsw' THEN
        names := '{enable_sort,hnsw.ef_search,hnsw.iterative_scan}';
        settings := ARRAY[
            'off',
            coalesce(
                ef_search,
                least(1000, greatest(
                    ceil(candidates), coalesce(current_setting('hnsw.ef_search', true)::integer, 40)
                ))
            )::text,
            CASE WHEN v_iterative THEN 'relaxed_order' ELSE 'off' END
        ];
    ELSE
        -- The vecs client uses 10.
        names := '{enable_sort,ivfflat.probes,ivfflat.iterative_scan}';
        settings := ARRAY[
            'off',
            coalesce(probes, greatest(10, current_setting('ivfflat.probes', true)::integer))::text,
            CASE WHEN v_iterative THEN 'relaxed_order' ELSE 'off' END
        ];
    END IF;

    IF v_iterative AND method = 'hnsw' THEN
        names := names || 'hnsw.max_scan_tuples'::text;
        -- The limit counts rows whose distance was computed, which is the cost of a candidate.
        settings := settings || least(
            2000000000, greatest(20000, ceil(1.5 * {{ costs.candidate }} * candidates))
        )::text;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._search_settings(text, double precision, boolean, bigint, bigint) IS
$doc$Return the names and values of the settings that a search by an index needs for a number of candidates. ef_search and probes override them.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_settings(text, double precision, boolean, bigint, bigint) TO PUBLIC;
