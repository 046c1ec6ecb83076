-- version: return the version of the SQL layer.

CREATE OR REPLACE FUNCTION vecs.version()
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT '{{ version }}'::text;
$fn$;

COMMENT ON FUNCTION vecs.version() IS
$doc$Return the version of the SQL layer that is installed in this database, such as 0.1.0.$doc$;

GRANT EXECUTE ON FUNCTION vecs.version() TO PUBLIC;
