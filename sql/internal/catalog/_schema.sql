-- _schema: look up the schema of a table.

CREATE OR REPLACE FUNCTION vecs._schema(
    table_id regclass
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT quote_ident(n.nspname)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = _schema.table_id;
$fn$;

COMMENT ON FUNCTION vecs._schema(regclass) IS
$doc$Return the schema of a table as SQL text.$doc$;

GRANT EXECUTE ON FUNCTION vecs._schema(regclass) TO PUBLIC;
