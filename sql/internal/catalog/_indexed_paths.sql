-- _indexed_paths: list the paths of metadata keys that have a metadata index.

CREATE OR REPLACE FUNCTION vecs._indexed_paths(
    table_id regclass,
    view_id regclass
)
RETURNS text[]
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN CASE WHEN table_id IS NOT NULL THEN ARRAY(
        SELECT vecs._indexed_path(i.indexrelid::regclass)
        FROM pg_index AS i
        WHERE i.indrelid = table_id
            AND i.indexprs IS NOT NULL
            AND i.indisvalid
            AND (view_id IS NULL OR vecs._is_on_metadata(i.indexrelid, i.indrelid, view_id::oid))
    ) END;
END
$fn$;

COMMENT ON FUNCTION vecs._indexed_paths(regclass, regclass) IS
$doc$Return the paths of metadata keys that have a valid metadata index, each in the form of _indexed_path(). NULL where table_id is NULL. For the view of an adopted table, those on its metadata column.$doc$;

GRANT EXECUTE ON FUNCTION vecs._indexed_paths(regclass, regclass) TO PUBLIC;
