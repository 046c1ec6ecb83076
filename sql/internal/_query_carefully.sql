-- _query_carefully: the nearest rows to a vector, whatever the filter, the index and the
-- collection.
--
-- It asks the catalog once, and searches in up to three ways: by the index as it stands, by the
-- index with an iterative scan, by an exact pass. The first that finds min(top_k, matching rows)
-- rows is the answer; a way that finds less than top_k returns none of them, for the window count
-- knows before the first row leaves.

CREATE OR REPLACE FUNCTION vecs._query_carefully(
    collection text,
    query_vec vector,
    top_k integer,
    filters jsonb,
    measure text,
    include_metadata boolean,
    include_vec boolean,
    max_distance double precision,
    ef_search integer,
    probes integer,
    strategy text
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_operator text := CASE coalesce(measure, 'cosine_distance')
    --% for name, measure in measures.items()
        WHEN '{{ name }}' THEN '{{ measure.operator }}'
    --% endfor
    END;
    v_ops text := CASE v_operator
    --% for measure in measures.values()
        WHEN '{{ measure.operator }}' THEN '{{ measure.ops }}_ops'
    --% endfor
    END;
    -- "schema." of pgvector: its types are not in the search path, so that their names are shown
    -- qualified.
    v_pgvector text := left(pg_typeof(query_vec)::text, -length('vector'));
    v_target record;
    v_columns text;
    v_distance text;
    v_from text;
    v_search text;
    v_complete boolean := false;
    v_names text[];
    v_values text[];
BEGIN
    measure := coalesce(measure, 'cosine_distance');
    top_k := coalesce(top_k, 10);
    strategy := coalesce(strategy, 'auto');
    PERFORM vecs._check_search(
        query_vec IS NULL, top_k, measure, max_distance, ef_search, probes, strategy
    );

    v_target := vecs._search_target(collection, v_ops);
    IF v_target.method IS NULL THEN
        PERFORM vecs._collection(collection);
        IF strategy <> 'exact' THEN
            RAISE NOTICE USING
                ERRCODE = '{{ errors.no_covering_index.sqlstate }}',
                MESSAGE = format('collection "%s" has no index for %s', collection, measure),
                HINT = format('SELECT vecs.create_index(%L, %L);', collection, measure);
        END IF;
    END IF;

    IF v_target.dimension > 0 THEN
        PERFORM vecs._check_dimension(query_vec, v_target.dimension, collection, v_pgvector);
    END IF;

    v_columns := format(
        't.id::text AS id, %s AS vec, %s AS metadata',
        CASE WHEN include_vec THEN 't.vec::' ELSE 'NULL::' END || v_pgvector || 'vector',
        CASE WHEN include_metadata IS FALSE THEN 'NULL::jsonb' ELSE 't.metadata' END
    );
    v_distance := format('(t.vec OPERATOR(%s%s) $1::%s)', v_pgvector, v_operator, v_target.type);
    v_from := format('FROM %s AS t', v_target.table_id);
    IF filters <> '{}' THEN
        v_from := v_from || ' WHERE ' || vecs.filter_sql(filters);
    END IF;

    IF v_target.method IS NOT NULL AND strategy <> 'exact' AND top_k BETWEEN 1 AND 1000 THEN
        v_search := format(
            'SELECT %1$s, %2$s AS distance %3$s ORDER BY %2$s LIMIT $2',
            v_columns, v_distance, v_from
        );
        -- 1: the index as it stands, which a filter would leave short; 2: with an iterative scan.
        FOR v_way IN CASE WHEN filters <> '{}' THEN 2 ELSE 1 END..2 LOOP
            SELECT w.names, w.settings INTO v_names, v_values
            FROM vecs._search_settings(v_target.method, v_way = 2, top_k, ef_search, probes) AS w;
            v_values := vecs._swap_settings(v_names, v_values);

            RETURN QUERY EXECUTE format(
                $sql$
                SELECT r.id, r.distance, r.vec, r.metadata
                FROM (SELECT s.*, count(*) %s OVER () AS found FROM (%s) AS s) AS r
                WHERE r.found = $2
                ORDER BY r.distance, r.id
                $sql$,
                -- A row beyond max_distance proves nothing: the index may have missed nearer ones.
                CASE WHEN max_distance IS NOT NULL THEN 'FILTER (WHERE s.distance <= $3)' END,
                v_search
            ) USING query_vec, top_k, max_distance;
            v_complete := FOUND;

            PERFORM vecs._swap_settings(v_names, v_values);
            EXIT WHEN v_complete;
        END LOOP;
    END IF;

    IF NOT v_complete AND top_k > 0 THEN
        RETURN QUERY EXECUTE format(
            $sql$
            SELECT r.id, r.distance, r.vec, r.metadata
            FROM (SELECT %s, %s + 0 AS distance %s) AS r
            %s
            ORDER BY r.distance, r.id
            LIMIT $2
            $sql$,
            v_columns, v_distance, v_from,
            CASE WHEN max_distance IS NOT NULL THEN 'WHERE r.distance <= $3' END
        ) USING query_vec, top_k, max_distance;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._query_carefully(text, vector, integer, jsonb, text, boolean, boolean, double precision, integer, integer, text) IS
$doc$The nearest rows to a vector, whatever the filter, the index and the collection: what query() does where the commonest search does not fit.

Raises VS001 invalid_argument, VS002 collection_not_found, VS004 dimension_mismatch, VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._query_carefully(text, vector, integer, jsonb, text, boolean, boolean, double precision, integer, integer, text) TO PUBLIC;
