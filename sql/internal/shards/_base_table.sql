-- _base_table: look up the table that has a collection's rows, by its name alone.

CREATE OR REPLACE FUNCTION vecs._base_table(
    collection text
)
RETURNS regclass
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE c.relkind
        WHEN 'v' THEN (SELECT s.table_id FROM vecs._source(c.oid) AS s)
        ELSE c.oid::regclass
    END
    FROM pg_class AS c
    WHERE c.oid = to_regclass('vecs.' || quote_ident(_base_table.collection));
$fn$;

COMMENT ON FUNCTION vecs._base_table(text) IS
$doc$Return the relation of a collection's name, or the table behind it if it is a view. NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._base_table(text) TO PUBLIC;
