-- truncate_collection: delete all rows of a collection at once.
-- Takes ACCESS EXCLUSIVE on the collection's table.
--% from 'macros/errors.sql' import when_dropped, reraise with context

CREATE OR REPLACE FUNCTION vecs.truncate_collection(
    collection text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    IF v_collection.view_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'collection "%s" is table "%s", which has rows of its own',
                collection, v_collection.table_id
            ),
            HINT = format('TRUNCATE %s deletes them.', v_collection.table_id);
    END IF;
    PERFORM vecs._check_not_building(collection, v_collection.table_id);
    EXECUTE format('TRUNCATE TABLE %s', v_collection.relation);
EXCEPTION
    {{ reraise() | indent(4) }}
    {{ when_dropped('collection') | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.truncate_collection(text) IS
$doc$Delete all rows of a collection at once; its indexes stay.

Requires the privilege TRUNCATE on the table.

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found; VS008 unsupported for an adopted table.$doc$;

GRANT EXECUTE ON FUNCTION vecs.truncate_collection(text) TO PUBLIC;
