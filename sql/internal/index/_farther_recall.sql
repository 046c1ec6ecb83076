-- _farther_recall: measure how many of the nearest rows are among {{ 4 * costs.nearest }}
-- candidates of an hnsw index.
-- Where vectors lie in clear clusters, its graph may not lead from one to the next. The last
-- candidates of any search are not reliably nearer than other rows, so 95 % of them count. Nearer
-- rows are counted in one pass over up to 200,000 rows. A search may also end before it has found
-- all. The searches' settings are the caller's.

CREATE OR REPLACE FUNCTION vecs._farther_recall(
    collection text,
    measure text,
    index_precision text,
    vectors text[],
    row_count bigint
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
    v_operator text := (vecs._measure(measure)).operator;
    v_order text := vecs._search_order(
        index_precision, format('t.%I', v_collection.vec_column), 'v.vec', v_collection.pgvector,
        v_collection.dimension, v_operator
    );
    v_compared double precision := least(1, 200000.0 / row_count);
    v_recall double precision;
BEGIN
    -- subvector() makes a long vector be read once, not once for each search.
    EXECUTE format(
        $sql$
        WITH searches AS MATERIALIZED (
            SELECT v.vec, f.distance, f.rows
            FROM unnest($1::%2$s%4$s[]) AS v (vec)
            CROSS JOIN LATERAL (
                SELECT
                    percentile_disc(0.95) WITHIN GROUP (ORDER BY c.distance) AS distance,
                    count(*) AS rows
                FROM (
                    SELECT (t.%7$I OPERATOR(%2$s%3$s) v.vec) AS distance
                    FROM %1$s AS t
                    ORDER BY %8$s
                    LIMIT {{ 4 * costs.nearest }}
                ) AS c
            ) AS f
        ),
        nearer AS (
            SELECT count(*) AS rows
            FROM (
                SELECT %2$ssubvector(t.%7$I, 1, %5$s) AS vec
                FROM %1$s AS t TABLESAMPLE system (%6$s) REPEATABLE (1)
                OFFSET 0
            ) AS r
            JOIN searches AS s ON (r.vec OPERATOR(%2$s%3$s) s.vec) < s.distance
        )
        SELECT least(
            0.95 * sum(s.rows) / greatest(1, (SELECT n.rows FROM nearer AS n) / $2),
            sum(s.rows) / ({{ 4 * costs.nearest }}.0 * count(*))
        )
        FROM searches AS s
        $sql$,
        v_collection.table_id,
        v_collection.pgvector,
        v_operator,
        v_collection.element_type,
        v_collection.dimension,
        100 * v_compared,
        v_collection.vec_column,
        v_order
    ) INTO v_recall USING vectors, v_compared;
    RETURN v_recall;
END
$fn$;

COMMENT ON FUNCTION vecs._farther_recall(text, text, text, text[], bigint) IS
$doc$Search with vectors of a collection by an hnsw index for {{ 4 * costs.nearest }} rows, and return the share of the nearest rows that are found: 1.0 in a good graph.$doc$;

GRANT EXECUTE ON FUNCTION vecs._farther_recall(text, text, text, text[], bigint) TO PUBLIC;
