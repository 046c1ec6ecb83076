-- _generated_from: list the columns that a generated column is made of.

CREATE OR REPLACE FUNCTION vecs._generated_from(
    table_id regclass,
    column_name text
)
RETURNS smallint[]
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT array_agg(DISTINCT d.refobjsubid::smallint)
    FROM pg_attribute AS a
    JOIN pg_attrdef AS e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
    JOIN pg_depend AS d
        ON d.classid = 'pg_attrdef'::regclass
        AND d.objid = e.oid
        AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = a.attrelid
        AND d.refobjsubid <> a.attnum
    WHERE a.attrelid = _generated_from.table_id
        AND a.attname = _generated_from.column_name COLLATE "C"
        AND a.attgenerated <> '';
$fn$;

COMMENT ON FUNCTION vecs._generated_from(regclass, text) IS
$doc$Return the numbers of the columns that a generated column is made of, in their order; NULL if it is no generated column.$doc$;

GRANT EXECUTE ON FUNCTION vecs._generated_from(regclass, text) TO PUBLIC;
