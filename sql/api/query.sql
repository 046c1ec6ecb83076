-- query: the nearest rows to a vector, with a metadata filter.
--
-- Written for speed, and so longer than the other functions. It asks the catalog one question before it searches (what
-- the column is, and which index covers the measure), and touches a setting only where the search needs another value
-- than the one in force. It searches in up to three ways and stops at the first that gives min(top_k, matching rows)
-- rows: the index as it stands, the index with an iterative scan, an exact pass over all rows that match. A way that
-- finds less than top_k rows returns none of them: the window count knows before the first row leaves.

CREATE OR REPLACE FUNCTION vecs.query(
    collection text,
    query_vec vector,
    top_k integer DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search integer DEFAULT NULL,
    probes integer DEFAULT NULL,
    strategy text DEFAULT 'auto'
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
    -- "schema." of pgvector: its types are not in the search path, so that their names are shown qualified.
    v_pgvector text := left(pg_typeof(query_vec)::text, -length('vector'));
    v_target record;
    v_columns text;
    v_distance text;
    v_from text;
    v_within text := CASE WHEN max_distance IS NULL THEN '' ELSE 'AND r.distance <= $3' END;
    v_search text;
    v_complete boolean := false;
    v_names text[];
    v_values text[];
BEGIN
    top_k := coalesce(top_k, 10);
    strategy := coalesce(strategy, 'auto');
    IF query_vec IS NULL OR v_operator IS NULL OR top_k < 0 OR max_distance = 'NaN'
        OR strategy NOT IN ('auto', 'exact', 'index')
    THEN
        PERFORM vecs._check_search(query_vec IS NULL, top_k, measure, max_distance, strategy);
    END IF;

    v_target := vecs._search_target(collection, v_ops);
    IF v_target.method IS NULL THEN
        PERFORM vecs._collection(collection);
        IF strategy <> 'exact' THEN
            RAISE NOTICE USING
                ERRCODE = '{{ errors.no_covering_index.sqlstate }}',
                MESSAGE = format('collection "%s" has no index for %s', collection, coalesce(measure, 'cosine_distance')),
                HINT = format('SELECT vecs.create_index(%L, %L);', collection, coalesce(measure, 'cosine_distance'));
        END IF;
    END IF;

    -- 8 + 4 bytes a number is the size of a vector that is not compressed: only another size needs a closer look.
    IF pg_column_size(query_vec) <> 8 + 4 * v_target.dimension AND v_target.dimension > 0 THEN
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
            'SELECT %1$s, %2$s AS distance %3$s ORDER BY %2$s LIMIT $2', v_columns, v_distance, v_from
        );
        -- 1: the index as it stands, which a filter would leave short; 2: with an iterative scan.
        FOR v_way IN CASE WHEN filters <> '{}' THEN 2 ELSE 1 END..2 LOOP
            SELECT w.names, w.settings INTO v_names, v_values
            FROM vecs._search_settings(v_target.method, v_way = 2, top_k, ef_search, probes) AS w;
            v_values := vecs._swap_settings(v_names, v_values);

            RETURN QUERY EXECUTE format(
                $sql$
                SELECT r.id, r.distance, r.vec, r.metadata
                FROM (SELECT s.*, count(*) OVER () AS found FROM (%s) AS s) AS r
                WHERE r.found = $2 %s
                ORDER BY r.distance, r.id
                $sql$,
                v_search, v_within
            ) USING query_vec, top_k, max_distance;
            v_complete := FOUND;

            -- No row within max_distance, or too few rows in all: only the second is short.
            IF NOT v_complete AND max_distance IS NOT NULL THEN
                EXECUTE format('SELECT count(*) = $2 FROM (%s) AS s', v_search)
                INTO v_complete USING query_vec, top_k;
            END IF;

            PERFORM vecs._swap_settings(v_names, v_values);
            EXIT WHEN v_complete;
        END LOOP;
    END IF;

    IF NOT v_complete AND top_k > 0 THEN
        RETURN QUERY EXECUTE format(
            $sql$
            SELECT r.id, r.distance, r.vec, r.metadata
            FROM (SELECT %s, %s + 0 AS distance %s) AS r
            WHERE true %s
            ORDER BY r.distance, r.id
            LIMIT $2
            $sql$,
            v_columns, v_distance, v_from, v_within
        ) USING query_vec, top_k, max_distance;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs.query(text, vector, integer, jsonb, text, boolean, boolean, double precision, integer, integer, text) IS
$doc$The nearest rows to a vector among those that match a metadata filter, ordered by distance, then id.

Gives min(top_k, matching rows) rows, whatever the filter and the index; with max_distance, of the rows within it. Rows whose distance is NaN (a zero vector under cosine_distance) come last. Among rows that tie at the last place, any may be kept where an index serves the search. Where no index covers the measure the answer is the same, found by comparing every row, and a notice of SQLSTATE VSW01 says so. Settings of the session are as before afterwards.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             how many rows; 0 gives none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  return the metadata, else NULL
  include_vec       return the vector, else NULL
  max_distance      keep only rows at this distance or nearer
  ef_search         hnsw: size of the candidate list, 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: number of lists to look into; NULL: 10, or the session's ivfflat.probes where that is more
  strategy          auto, exact (compare every row that matches) or index (begin with the index)

Errors: VS001 invalid_argument for a NULL collection or vector, a negative top_k, an unknown measure or strategy, a max_distance that is NaN; VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query(text, vector, integer, jsonb, text, boolean, boolean, double precision, integer, integer, text) TO PUBLIC;
