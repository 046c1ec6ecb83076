-- _metadata_path: the path of metadata keys that a metadata index is on, from its comment.
-- The catalog has the index's expression only as a tree. Where somebody wrote another comment, the
-- predicates made from it are right all the same, but no index serves them.

CREATE OR REPLACE FUNCTION vecs._metadata_path(
    index_id regclass
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT substring(
        obj_description(_metadata_path.index_id, 'pg_class') FROM '^[{]"path": (.*)[}]$'
    );
$fn$;

COMMENT ON FUNCTION vecs._metadata_path(regclass) IS
$doc$The path of metadata keys that a metadata index is on, as the text of a JSON array, which create_metadata_index() notes in its comment; NULL for other indexes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._metadata_path(regclass) TO PUBLIC;
