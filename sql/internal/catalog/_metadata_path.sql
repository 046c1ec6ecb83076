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
    SELECT concat_ws(' ', m.found[1], m.found[2])
    FROM regexp_match(
        obj_description(_metadata_path.index_id, 'pg_class'),
        '^[{](?:"kind": "([a-z]+)", )?"path": (.*)[}]$'
    ) AS m (found)
    WHERE m.found IS NOT NULL;
$fn$;

COMMENT ON FUNCTION vecs._metadata_path(regclass) IS
$doc$The path of metadata keys that a metadata index is on, as the text of a JSON array, which create_metadata_index() notes in its comment; before it the kind of the index and a blank, where it is not one of values; NULL for other indexes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._metadata_path(regclass) TO PUBLIC;
