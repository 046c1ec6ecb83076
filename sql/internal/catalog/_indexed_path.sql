-- _indexed_path: read the path of metadata keys that a metadata index is on from its comment.
-- The catalog has the index's expression only as a tree. If somebody changes the comment,
-- predicates stay correct, but no index serves them.

CREATE OR REPLACE FUNCTION vecs._indexed_path(
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
        obj_description(_indexed_path.index_id, 'pg_class'),
        '^[{](?:"kind": "([a-z]+)", )?"path": (.*)[}]$'
    ) AS m (found)
    WHERE m.found IS NOT NULL;
$fn$;

COMMENT ON FUNCTION vecs._indexed_path(regclass) IS
$doc$Return the path of metadata keys that a metadata index is on, as the text of a JSON array. For an index of a kind other than value, the kind and a space come first. NULL for other indexes. create_metadata_index() writes both into the index's comment.$doc$;

GRANT EXECUTE ON FUNCTION vecs._indexed_path(regclass) TO PUBLIC;
