-- _sampled_values: count the values under the keys of a collection's metadata, in a sample of rows.
-- The rows are picked from more of them than are looked at, since neighbours are often alike.

CREATE OR REPLACE FUNCTION vecs._sampled_values(
    collection text
)
RETURNS TABLE (
    key text,
    value jsonb,
    row_count bigint,
    sampled bigint
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
BEGIN
    -- Of rows that are hidden nothing can be said, and so nothing of the collection.
    IF row_security_active(v_collection.table_id) OR NOT EXISTS (
        SELECT
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id
            AND a.attname = v_collection.metadata_column COLLATE "C"
            AND a.atttypid = 'jsonb'::regtype
    ) THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        $sql$
        WITH sampled AS MATERIALIZED (
            SELECT t.%1$I AS metadata
            FROM %2$s AS t TABLESAMPLE system (%3$s) REPEATABLE (0)
            ORDER BY hashtext(t.%4$I::text)
            LIMIT 2000
        )
        SELECT e.key, e.value, count(*), (SELECT count(*) FROM sampled)
        FROM sampled AS s
        CROSS JOIN LATERAL jsonb_each(
            CASE WHEN jsonb_typeof(s.metadata) = 'object' THEN s.metadata END
        ) AS e
        WHERE jsonb_typeof(e.value) IN ('string', 'number', 'boolean')
            AND length(e.value::text) <= 100
        GROUP BY e.key, e.value
        $sql$,
        v_collection.metadata_column,
        v_collection.table_id,
        least(100, 1000000.0 / greatest(v_rows, 1)),
        v_collection.id_column
    );
EXCEPTION
    -- The role may read other columns.
    WHEN insufficient_privilege THEN
        RETURN;
END
$fn$;

COMMENT ON FUNCTION vecs._sampled_values(text) IS
$doc$Return the strings, numbers and booleans of up to 100 characters that are under the keys of the metadata in up to 2,000 rows, how many of these rows have each, and how many rows these are. No row where row-level security applies to the caller, or the caller may not read the metadata.$doc$;

GRANT EXECUTE ON FUNCTION vecs._sampled_values(text) TO PUBLIC;
