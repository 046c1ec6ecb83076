-- drop_collection: drop a collection and all its rows; of an adopted table, the view alone.
-- Takes ACCESS EXCLUSIVE on the collection's table, or its view.
--% from 'macros/errors.sql' import collection_not_found, reraise with context

CREATE OR REPLACE FUNCTION vecs.drop_collection(
    name text,
    if_exists boolean DEFAULT false
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
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(name);
    IF v_collection.view_id IS NULL THEN
        PERFORM vecs._check_not_building(name, v_collection.table_id);
    -- Wait for a session that adopts the table anew.
    ELSE
        PERFORM pg_advisory_xact_lock(
            hashtext('vecs.create_collection'), hashtext(drop_collection.name)
        );
    END IF;
    EXECUTE format(
        CASE WHEN v_collection.view_id IS NULL THEN 'DROP TABLE %s' ELSE 'DROP VIEW %s' END,
        v_collection.relation
    );
    RETURN true;
EXCEPTION
    -- There is none, or another session has just dropped it.
    WHEN undefined_table OR SQLSTATE '{{ errors.collection_not_found.sqlstate }}' THEN
        IF if_exists IS TRUE THEN
            RETURN false;
        END IF;
        {{ collection_not_found('name') | indent(8) }}
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.drop_collection(text, boolean) IS
$doc$Drop a collection and all its rows. Of an adopted table only the view is dropped: the table keeps its rows and its indexes.

Returns whether it existed. Fails, as DROP TABLE does, if a view or a foreign key depends on the collection.

Parameters:
  name       the collection
  if_exists  return false instead of raising an error if there is no such collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_collection(text, boolean) TO PUBLIC;
