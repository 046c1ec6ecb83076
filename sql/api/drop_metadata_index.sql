-- drop_metadata_index: drop the indexes on one key of the metadata.
-- Takes ACCESS EXCLUSIVE on the collection's table for a moment.
--% from 'macros/errors.sql' import collection_not_found, reraise with context

CREATE OR REPLACE FUNCTION vecs.drop_metadata_index(
    collection text,
    key text DEFAULT NULL,
    path text[] DEFAULT NULL,
    kind text DEFAULT NULL
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
    v_dropped boolean;
    v_detail text;
    v_hint text;
BEGIN
    path := vecs._check_path(key, path, kind);
    PERFORM vecs._lock_builds(collection);
    v_collection := vecs._collection(collection);

    v_dropped := vecs._drop_metadata_index(
        v_collection.table_id, v_collection.view_id, path, kind
    );
    IF to_regclass(v_collection.relation) IS NULL THEN
        {{ collection_not_found('collection') | indent(8) }}
    END IF;
    RETURN v_dropped;
EXCEPTION
    {{ reraise() | indent(4) }}
    WHEN undefined_object OR undefined_table THEN
        IF to_regclass(v_collection.relation) IS NOT NULL THEN
            RAISE;
        END IF;
        {{ collection_not_found('collection') | indent(8) }}
END
$fn$;

COMMENT ON FUNCTION vecs.drop_metadata_index(text, text, text[], text) IS
$doc$Drop the indexes that create_metadata_index() made on one key of the metadata, or on a path of keys.

Returns whether there was one.

Parameters:
  collection  the collection
  key         the key, literally
  path        instead of key: the keys from the outermost to the innermost
  kind        value, time, pattern or trigram; NULL: every kind

Errors: VS001 invalid_argument if neither or both of key and path are given, for a key that looks like an array literal ('{a,b}'), an empty path, and an unknown kind; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_metadata_index(text, text, text[], text) TO PUBLIC;
