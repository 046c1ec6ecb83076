-- _binary_recall: measure how many of the ten nearest rows an index of bits finds.
-- The signs of the elements tell much of some vectors and nothing of others (where all elements are
-- positive). Some of the collection's own vectors are searched with. All rows that are at most as
-- far as the farthest row found are read in one pass; the ten nearest are among them.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._binary_recall(
    collection text,
    measure text
)
RETURNS double precision
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET work_mem = '16MB'
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_names constant text[] := '{enable_sort,hnsw.ef_search,hnsw.iterative_scan}';
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_operator text := (vecs._measure(measure)).operator;
    v_order text := vecs._search_order(
        'binary', format('t.%I', v_collection.vec_column), 'v.vec', v_collection.pgvector,
        v_collection.dimension, v_operator
    );
    v_wanted constant integer := {{ costs.binary_over_fetch + 10 * costs.binary_factor }};
    v_before text[];
    v_recall double precision;
BEGIN
    IF {{ shard_count('v_collection.table_id') | indent(4) }} IS NOT NULL THEN
        RETURN vecs._binary_recall_on_shards(collection, measure, v_rows);
    END IF;
    v_before := vecs._swap_settings(v_names, ARRAY['off', v_wanted::text, 'relaxed_order']);
    -- subvector() makes a long vector be read once, not once for each search.
    EXECUTE format(
        $sql$
        WITH searches AS MATERIALIZED (
            SELECT v.number, v.vec, f.distances
            FROM (
                SELECT row_number() OVER () AS number, s.vec
                FROM (
                    SELECT t.%1$I AS vec
                    FROM %2$s AS t TABLESAMPLE system (%3$s) REPEATABLE (0)
                    WHERE (t.%1$I OPERATOR(%4$s%5$s) t.%1$I) <> 'NaN'
                    ORDER BY hashtext(t.ctid::text)
                    LIMIT %6$s
                ) AS s
            ) AS v
            CROSS JOIN LATERAL (
                SELECT array_agg(n.distance ORDER BY n.distance) AS distances
                FROM (
                    SELECT c.distance
                    FROM (
                        SELECT (t.%1$I OPERATOR(%4$s%5$s) v.vec) AS distance
                        FROM %2$s AS t
                        ORDER BY %7$s
                        LIMIT %8$s
                    ) AS c
                    ORDER BY c.distance
                    LIMIT 10
                ) AS n
            ) AS f
        ),
        compared AS (
            SELECT
                s.number,
                (r.vec OPERATOR(%4$s%5$s) s.vec) AS distance,
                row_number() OVER (
                    PARTITION BY s.number ORDER BY (r.vec OPERATOR(%4$s%5$s) s.vec)
                ) AS position
            FROM (
                SELECT %4$ssubvector(t.%1$I, 1, %9$s) AS vec FROM %2$s AS t OFFSET 0
            ) AS r
            JOIN searches AS s
                ON (r.vec OPERATOR(%4$s%5$s) s.vec)
                    <= s.distances[cardinality(s.distances)] + 1e-6
        )
        SELECT avg(c.found)
        FROM (
            SELECT (
                SELECT count(*)::double precision
                FROM unnest(s.distances) AS d (distance)
                WHERE d.distance <= max(c.distance) + 1e-6
            ) / count(*) AS found
            FROM searches AS s
            JOIN compared AS c ON c.number = s.number AND c.position <= 10
            GROUP BY s.number, s.distances
        ) AS c
        $sql$,
        v_collection.vec_column,
        v_collection.table_id,
        least(100, 300000.0 / greatest(v_rows, 1)),
        v_collection.pgvector,
        v_operator,
        least(50, greatest(10, 1000000 / greatest(v_rows, 1))),
        v_order,
        v_wanted,
        v_collection.dimension
    ) INTO v_recall;
    PERFORM vecs._swap_settings(v_names, v_before);
    RETURN v_recall;
END
$fn$;

COMMENT ON FUNCTION vecs._binary_recall(text, text) IS
$doc$Search with some of a collection's vectors by an index of bits for the ten nearest rows, and return the share of them that is found. NULL if there is no vector to search with.$doc$;

GRANT EXECUTE ON FUNCTION vecs._binary_recall(text, text) TO PUBLIC;
