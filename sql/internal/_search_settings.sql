-- _search_settings: the settings that pgvector should search with.

CREATE OR REPLACE FUNCTION vecs._search_settings(
    method text,
    iterative boolean,
    top_k integer,
    ef_search integer,
    probes integer,
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
BEGIN
    -- What is in force is NULL while pgvector's library is not loaded: then its default of 40 is.
    IF method = 'hnsw' THEN
        names := ARRAY['hnsw.ef_search'];
        settings := ARRAY[coalesce(
            ef_search,
            greatest(top_k, coalesce(current_setting('hnsw.ef_search', true)::integer, 40))
        )::text];
    ELSIF method = 'ivfflat' THEN
        -- 10 is what the vecs client takes.
        names := ARRAY['ivfflat.probes'];
        settings := ARRAY[
            coalesce(probes, greatest(10, current_setting('ivfflat.probes', true)::integer))::text
        ];
    ELSE
        RETURN;
    END IF;

    IF iterative THEN
        names := names || (method || '.iterative_scan');
        settings := settings || 'relaxed_order'::text;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._search_settings(text, boolean, integer, integer, integer) IS
$doc$The names and values of the settings that pgvector should search with: ef_search or probes as asked for, or wide enough for top_k rows; with an iterative scan or without.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_settings(text, boolean, integer, integer, integer) TO PUBLIC;
