-- _lost_on_shards: count searches of a distributed collection that end in the wrong place.
-- As _count_lost_searches() does: a search is lost when it ends in the wrong part of the graph. One
-- on shards is lost only if that happens on nearly all of them. Each shard compares its own part of
-- the sample.

CREATE OR REPLACE FUNCTION vecs._lost_on_shards(
    collection text,
    measure text,
    index_precision text,
    row_count bigint,
    filters jsonb,
    OUT searches bigint,
    OUT lost bigint
)
RETURNS record
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
    v_compared bigint := least(row_count, 50000, greatest(5000, row_count / 10));
    v_vectors text[] := vecs._vectors_on_shards(
        collection, measure, filters, row_count, least(150, row_count / 50)
    );
    v_seconds double precision[];
    v_sample text := CASE
        WHEN filters IS NULL THEN format(
            ' TABLESAMPLE system (%s) REPEATABLE (1)', 100.0 * v_compared / row_count
        )
    END;
    v_filter text := CASE
        WHEN filters IS NULL THEN 'true'
        ELSE format(
            '%s AND hashtextextended(t.%I::text, 1) & 1048575 < %s',
            vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id),
            v_collection.id_column, 1048576.0 * v_compared / row_count
        )
    END;
BEGIN
    SELECT array_agg(d.distances[2] ORDER BY d.number) INTO v_seconds
    FROM vecs._distances_on_shards(
        collection, measure, index_precision, filters, v_vectors, 10, {{ costs.list_size }}
    ) AS d;
    IF v_seconds IS NULL THEN
        RETURN;
    END IF;
    searches := cardinality(v_vectors);
    lost := 0;
    IF searches > (SELECT count(DISTINCT v.vec) FROM unnest(v_vectors) AS v (vec)) THEN
        RETURN;
    END IF;
    EXECUTE format(
        $sql$
        SELECT count(*)
        FROM (
            SELECT s.number
            FROM %1$s AS t%2$s
            JOIN unnest($1::%3$s%4$s[], $2) WITH ORDINALITY AS s (vec, second, number)
                ON (t.%5$I OPERATOR(%3$s%6$s) s.vec) < s.second - 1e-5 * abs(s.second) - 1e-6
            WHERE %7$s
            GROUP BY s.number
            HAVING count(*) >= %8$s
        ) AS l
        $sql$,
        v_collection.table_id,
        v_sample,
        v_collection.pgvector,
        v_collection.element_type,
        v_collection.vec_column,
        v_operator,
        v_filter,
        greatest(3, ceil(10.0 * v_compared / row_count))
    ) INTO lost USING v_vectors, v_seconds;
END
$fn$;

COMMENT ON FUNCTION vecs._lost_on_shards(text, text, text, bigint, jsonb) IS
$doc$Search with a sample of a distributed collection's vectors by an hnsw index over all rows, whose number is given, or over those that match a filter; return how many searches that are, and how many of them are lost. NULL if the index cannot be used yet.$doc$;

GRANT EXECUTE ON FUNCTION vecs._lost_on_shards(text, text, text, bigint, jsonb) TO PUBLIC;
