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
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    EXECUTE format('TRUNCATE TABLE %s', (vecs._collection(collection)).relation);
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

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.truncate_collection(text) TO PUBLIC;
