-- _binary_recall_on_shards: measure how many of the ten nearest rows a binary index finds.
-- As _binary_recall() does, but with an exact search for each vector.

CREATE OR REPLACE FUNCTION vecs._binary_recall_on_shards(
    collection text,
    measure text,
    row_count bigint
)
RETURNS double precision
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_operator text := (vecs._measure(measure)).operator;
    v_wanted constant integer := {{ costs.binary_over_fetch + 10 * costs.binary_factor }};
    v_vectors text[] := vecs._vectors_on_shards(
        collection, measure, NULL::jsonb, row_count,
        least(50, greatest(10, 1000000 / greatest(row_count, 1)))
    );
    v_search record;
    v_exact double precision[];
    v_found double precision := 0;
    v_right double precision := 0;
BEGIN
    FOR v_search IN
        SELECT d.number, d.distances[:10] AS distances
        FROM vecs._distances_on_shards(
            collection, measure, 'binary', NULL::jsonb, v_vectors, v_wanted, v_wanted
        ) AS d
    LOOP
        EXECUTE format(
            $sql$
            SELECT array_agg(c.distance ORDER BY c.distance)
            FROM (
                SELECT (t.%1$I OPERATOR(%2$s%3$s) $1::%2$s%4$s) + 0 AS distance
                FROM %5$s AS t
                ORDER BY 1
                LIMIT 10
            ) AS c
            $sql$,
            v_collection.vec_column,
            v_collection.pgvector,
            v_operator,
            v_collection.element_type,
            v_collection.table_id
        ) INTO v_exact USING v_vectors[v_search.number];
        v_right := v_right + cardinality(v_exact);
        v_found := v_found + (
            SELECT count(*)
            FROM unnest(v_search.distances) AS d (distance)
            WHERE d.distance <= v_exact[cardinality(v_exact)] + 1e-6
        );
    END LOOP;
    RETURN v_found / nullif(v_right, 0);
END
$fn$;

COMMENT ON FUNCTION vecs._binary_recall_on_shards(text, text, bigint) IS
$doc$Search with some vectors of a distributed collection of about row_count rows by a binary index for the ten nearest rows, and return the share of them that is found. NULL if there is no vector to search with.$doc$;

GRANT EXECUTE ON FUNCTION vecs._binary_recall_on_shards(text, text, bigint) TO PUBLIC;
