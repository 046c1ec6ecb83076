-- _distribution_column: look up the distribution column of a table.

CREATE OR REPLACE FUNCTION vecs._distribution_column(
    table_id regclass
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_column text;
BEGIN
    EXECUTE $sql$
        SELECT column_to_column_name(p.logicalrelid, p.partkey)
        FROM pg_catalog.pg_dist_partition AS p
        WHERE p.logicalrelid = $1
    $sql$ INTO v_column USING table_id;
    RETURN v_column;
END
$fn$;

COMMENT ON FUNCTION vecs._distribution_column(regclass) IS
$doc$Return the column by whose values Citus has distributed a table; NULL if each node has all rows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._distribution_column(regclass) TO PUBLIC;
