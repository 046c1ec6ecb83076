-- rename_collection: give a collection another name.
-- Takes ACCESS EXCLUSIVE on the collection's table, or its view, until the transaction ends.
--% from 'macros/errors.sql' import reraise, when_dropped with context

CREATE OR REPLACE FUNCTION vecs.rename_collection(
    name text,
    new_name text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._collection(name);
    PERFORM vecs._check_new_collection(new_name, 1::bigint, 'vector');
    PERFORM vecs._lock_names(ARRAY[name, new_name]);
    PERFORM vecs._collection(name);
    IF to_regclass(format('vecs.%I', new_name)) IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.collection_already_exists.sqlstate }}',
            MESSAGE = format(
                'the name "%s" is taken by another relation of the schema "vecs"', new_name
            ),
            HINT = 'Choose another name; vecs.swap_collections() exchanges the names of two'
                ' collections.';
    END IF;
    PERFORM vecs._rename_collection(name, new_name);
EXCEPTION
    {{ reraise() | indent(4) }}
    {{ when_dropped('name') | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.rename_collection(text, text) IS
$doc$Give a collection another name. No row is read or written, and its indexes go on serving searches.

What belongs to the table stays with it: privileges, policies, triggers, foreign keys, and views over it. Sessions that read or write the collection by its old name wait until the transaction ends, and then do not find it. The caller must own the table, or the view of an adopted table, and needs the privilege CREATE on the schema vecs.

Parameters:
  name      the collection
  new_name  its new name, of 1 to 63 bytes, not beginning with "_"

Errors: VS001 invalid_argument for NULL and for a name that no collection can have; VS002 collection_not_found; VS003 collection_already_exists for a name that is taken.$doc$;

GRANT EXECUTE ON FUNCTION vecs.rename_collection(text, text) TO PUBLIC;
