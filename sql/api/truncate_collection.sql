-- truncate_collection: remove all rows of a collection at once.
-- Takes ACCESS EXCLUSIVE on the collection's table.

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
BEGIN
    EXECUTE format($sql$TRUNCATE TABLE %s$sql$, (vecs._collection(collection)).table_id);
END
$fn$;

COMMENT ON FUNCTION vecs.truncate_collection(text) IS
$doc$Remove all rows of a collection at once; its indexes stay.

Needs the privilege TRUNCATE on the table.

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.truncate_collection(text) TO PUBLIC;
