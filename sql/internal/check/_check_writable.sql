-- _check_writable: refuse to write what is no table.

CREATE OR REPLACE FUNCTION vecs._check_writable(
    table_id regclass
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = table_id AND c.relkind = 'm') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format('cannot write "%s", which is a materialized view', table_id),
            HINT = 'Write the tables that it is made of, then REFRESH MATERIALIZED VIEW.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_writable(regclass) IS
$doc$Refuse to write a materialized view.

Raises VS008 unsupported.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_writable(regclass) TO PUBLIC;
