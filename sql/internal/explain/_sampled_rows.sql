-- _sampled_rows: write the SQL for rows of a collection to search with.
-- Of a large table a part of the pages is read, not every row.

CREATE OR REPLACE FUNCTION vecs._sampled_rows(
    collection text,
    sample bigint
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_sql text := format(
        'SELECT t.id::text AS id, t.vec::%svector AS vec FROM %s AS t WHERE t.vec IS NOT NULL'
        ' ORDER BY random() LIMIT %s',
        v_collection.pgvector, v_collection.relation, sample
    );
BEGIN
    IF v_rows / 300.0 > sample THEN
        -- Pages that rows were deleted from may hold too few.
        v_sql := format(
            'WITH p AS MATERIALIZED ('
            'SELECT t.%1$I::text AS id, t.%2$I::%3$svector AS vec'
            ' FROM %4$s AS t TABLESAMPLE system (%5$s) WHERE t.%2$I IS NOT NULL'
            ' ORDER BY random() LIMIT %6$s)'
            ' SELECT p.* FROM p WHERE (SELECT count(*) FROM p) = %6$s'
            ' UNION ALL SELECT w.* FROM (%7$s) AS w WHERE (SELECT count(*) FROM p) < %6$s',
            v_collection.id_column, v_collection.vec_column, v_collection.pgvector,
            v_collection.table_id, 30000.0 * sample / v_rows, sample, v_sql
        );
    END IF;
    RETURN format('(%s)', v_sql);
END
$fn$;

COMMENT ON FUNCTION vecs._sampled_rows(text, bigint) IS
$doc$Return, as SQL, a subquery for up to so many rows of a collection chosen at random, with the columns id and vec.$doc$;

GRANT EXECUTE ON FUNCTION vecs._sampled_rows(text, bigint) TO PUBLIC;
