-- _vectors_on_shards: choose some vectors of a distributed collection to search with.
-- Those without a direction are left out: their distance from themselves is NaN.

CREATE OR REPLACE FUNCTION vecs._vectors_on_shards(
    collection text,
    measure text,
    filters jsonb,
    row_count bigint,
    sample bigint
)
RETURNS text[]
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
    v_vectors text[];
BEGIN
    EXECUTE format(
        $sql$
        SELECT array_agg(s.vec)
        FROM (
            SELECT t.%1$I::text AS vec
            FROM %2$s AS t%3$s
            WHERE (t.%1$I OPERATOR(%4$s%5$s) t.%1$I) <> 'NaN'%6$s
            ORDER BY hashtext(t.%7$I::text)
            LIMIT %8$s
        ) AS s
        $sql$,
        v_collection.vec_column,
        v_collection.table_id,
        CASE
            WHEN filters IS NULL THEN format(
                ' TABLESAMPLE system (%s) REPEATABLE (0)',
                least(100, 2000.0 * sample / greatest(row_count, 1))
            )
        END,
        v_collection.pgvector,
        v_operator,
        CASE
            WHEN filters IS NOT NULL THEN format(
                ' AND %s',
                vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id)
            )
        END,
        v_collection.id_column,
        sample
    ) INTO v_vectors;
    RETURN v_vectors;
END
$fn$;

COMMENT ON FUNCTION vecs._vectors_on_shards(text, text, jsonb, bigint, bigint) IS
$doc$Return up to so many vectors, as text, of a distributed collection with about row_count rows, or of its rows that match a filter (NULL: of all); NULL if there are none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._vectors_on_shards(text, text, jsonb, bigint, bigint) TO PUBLIC;
