-- drop_text_index: drop the text index of a collection.
-- Takes ACCESS EXCLUSIVE on the collection's table for a moment.
--% from 'macros/errors.sql' import reraise

CREATE OR REPLACE FUNCTION vecs.drop_text_index(
    collection text
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_index record;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._lock_builds(collection);
    v_collection := vecs._collection(collection);
    v_index := vecs._text_index(collection);
    IF v_index.key IS NULL THEN
        RETURN false;
    ELSIF v_collection.view_id IS NOT NULL THEN
        PERFORM vecs._set_text_column(collection, NULL::text);
        -- Another collection over the table may use the same column.
        IF EXISTS (
            SELECT
            FROM vecs._collections(NULL::text) AS c
            CROSS JOIN LATERAL vecs._text_index(c.name) AS x
            WHERE c.table_id = v_collection.table_id AND x.column_name = v_index.column_name
        ) THEN
            RETURN true;
        END IF;
    END IF;
    IF EXISTS (
        SELECT
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id
            AND a.attname = v_index.column_name COLLATE "C"
            AND starts_with(col_description(a.attrelid, a.attnum), '{"key": ')
    ) THEN
        EXECUTE format(
            'ALTER TABLE %s DROP COLUMN %I', v_collection.table_id, v_index.column_name
        );
    ELSIF starts_with(v_index.name, 'ix_text_') THEN
        EXECUTE format('DROP INDEX %s', v_index.index_id);
    END IF;
    RETURN true;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.drop_text_index(text) IS
$doc$Drop the text index of a collection, with the column "_text" that create_text_index() added, and return whether there was one. A column of type tsvector that an adopted table had before stays.

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_text_index(text) TO PUBLIC;
