-- drop_metadata_index: drop the index on one key of the metadata.
-- Takes ACCESS EXCLUSIVE on the collection's table for a moment.

CREATE OR REPLACE FUNCTION vecs.drop_metadata_index(
    collection text,
    path text[]
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    PERFORM vecs._check_path(path);

    -- One that builds an index meanwhile, see create_index(), is waited for.
    PERFORM pg_advisory_xact_lock(
        hashtext('vecs.create_index'), v_collection.table_id::oid::integer
    );
    RETURN vecs._drop_metadata_index(v_collection.table_id, path);
END
$fn$;

COMMENT ON FUNCTION vecs.drop_metadata_index(text, text[]) IS
$doc$Drop the index on a nested path of metadata keys; returns whether there was one.

Parameters:
  collection  the collection
  path        the keys from the outermost to the innermost

Errors: VS001 invalid_argument for NULL or an empty path; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_metadata_index(text, text[]) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.drop_metadata_index(
    collection text,
    key text
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN vecs.drop_metadata_index(collection, ARRAY[key]);
END
$fn$;

COMMENT ON FUNCTION vecs.drop_metadata_index(text, text) IS
$doc$Drop the index that create_metadata_index() made on one key of the metadata; returns whether there was one.

Parameters:
  collection  the collection
  key         the key, as it stands in the metadata

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_metadata_index(text, text) TO PUBLIC;
