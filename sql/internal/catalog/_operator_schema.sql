-- _operator_schema: find the schema of the operators that compare a type from an extension.

CREATE OR REPLACE FUNCTION vecs._operator_schema(
    type_id oid
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN (
        SELECT o.oprnamespace::regnamespace::text
        FROM pg_opclass AS c
        JOIN pg_am AS m ON m.oid = c.opcmethod AND m.amname = 'btree'
        JOIN pg_amop AS p
            ON p.amopfamily = c.opcfamily
            AND p.amoplefttype = type_id
            AND p.amoprighttype = type_id
            AND p.amopstrategy = 3
        JOIN pg_operator AS o ON o.oid = p.amopopr
        WHERE c.opcintype = type_id
            AND c.opcdefault
            AND o.oprnamespace <> 'pg_catalog'::regnamespace
    );
END
$fn$;

COMMENT ON FUNCTION vecs._operator_schema(oid) IS
$doc$Return the schema, as SQL, of the operators that a type's default btree operator class has. NULL where it is pg_catalog, or there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._operator_schema(oid) TO PUBLIC;
