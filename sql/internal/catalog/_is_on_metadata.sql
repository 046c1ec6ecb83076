-- _is_on_metadata: tell whether an index is on the metadata column of an adopted table.
-- Several collections of one table may have different ones.

CREATE OR REPLACE FUNCTION vecs._is_on_metadata(
    index_id oid,
    table_id oid,
    view_id oid
)
RETURNS boolean
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT _is_on_metadata.view_id IS NULL OR EXISTS (
        SELECT
        FROM vecs._view_origin(_is_on_metadata.view_id, '_metadata') AS o (origin)
        JOIN pg_depend AS d
            ON d.classid = 'pg_class'::regclass
            AND d.objid = _is_on_metadata.index_id
            AND d.refclassid = 'pg_class'::regclass
            AND d.refobjid = _is_on_metadata.table_id
            AND d.refobjsubid = o.origin[2]::integer
    );
$fn$;

COMMENT ON FUNCTION vecs._is_on_metadata(oid, oid, oid) IS
$doc$Return whether an index of a table depends on the metadata column of a view over it; true where view_id is NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._is_on_metadata(oid, oid, oid) TO PUBLIC;
