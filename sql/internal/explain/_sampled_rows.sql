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
    v_source text := v_collection.relation;
    v_id text := 'id';
    v_vec text := 'vec';
BEGIN
    IF v_rows / 300.0 > sample THEN
        v_source := format(
            '%s AS t TABLESAMPLE system (%s)', v_collection.table_id, 30000.0 * sample / v_rows
        );
        v_id := v_collection.id_column;
        v_vec := v_collection.vec_column;
    ELSE
        v_source := v_source || ' AS t';
    END IF;
    RETURN format(
        '(SELECT t.%1$I::text AS id, t.%2$I::%3$svector AS vec FROM %4$s WHERE t.%2$I IS NOT NULL'
        ' ORDER BY random() LIMIT %5$s)',
        v_id, v_vec, v_collection.pgvector, v_source, sample
    );
END
$fn$;

COMMENT ON FUNCTION vecs._sampled_rows(text, bigint) IS
$doc$Return, as SQL, a subquery for up to so many rows of a collection chosen at random, with the columns id and vec.$doc$;

GRANT EXECUTE ON FUNCTION vecs._sampled_rows(text, bigint) TO PUBLIC;
