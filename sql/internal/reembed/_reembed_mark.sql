-- _reembed_mark: read from a table's comment which re-embedding it is the shadow of.

CREATE OR REPLACE FUNCTION vecs._reembed_mark(
    table_id regclass
)
RETURNS jsonb
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT substring(
        obj_description(_reembed_mark.table_id, 'pg_class') FROM '^[{]"reembed" : ".*[}]$'
    )::jsonb;
$fn$;

COMMENT ON FUNCTION vecs._reembed_mark(regclass) IS
$doc$Return what _reembed_begin() has written into the comment of a shadow: reembed (the collection), text, model and run. NULL for another table.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_mark(regclass) TO PUBLIC;
