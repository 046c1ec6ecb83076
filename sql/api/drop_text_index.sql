-- drop_text_index: drop the text index of a collection.
-- Takes ACCESS EXCLUSIVE on the collection's table for a moment.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.drop_text_index(
    collection text
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record;
    v_index record;
    v_index_id regclass;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._lock_builds(collection);
    v_collection := vecs._collection(collection);
    v_index := vecs._text_index(collection);
    IF v_index.key IS NULL THEN
        RETURN false;
    ELSIF v_collection.view_id IS NOT NULL THEN
        PERFORM vecs._lock_collection(collection, 'alter')
        WHERE v_index.is_generated;
        EXECUTE format('COMMENT ON COLUMN %s._text IS NULL', v_collection.relation);
        PERFORM vecs._set_text_column(collection, NULL::text)
        WHERE v_index.is_generated;
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
    IF v_index.is_generated THEN
        EXECUTE format(
            'ALTER TABLE %s DROP COLUMN %I', v_collection.table_id, v_index.column_name
        );
    END IF;
    FOR v_index_id IN
        SELECT i.indexrelid
        FROM pg_index AS i
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = v_collection.table_id
            AND a.attname = v_index.column_name COLLATE "C"
            AND obj_description(i.indexrelid, 'pg_class') = '{"kind": "text"}'
    LOOP
        EXECUTE format('DROP INDEX %s', v_index_id);
    END LOOP;
    RETURN true;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.drop_text_index(text) IS
$doc$Drop the text index of a collection, with the column "_text" that create_text_index() added, and return whether there was one. A column of type tsvector that an adopted table had before stays.

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found; VS008 unsupported if columns were added to an adopted table since it was adopted.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_text_index(text) TO PUBLIC;
