-- _rows_when_built: read from an index's comment how many rows it was built on.

CREATE OR REPLACE FUNCTION vecs._rows_when_built(
    index_id regclass
)
RETURNS bigint
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT substring(
        obj_description(_rows_when_built.index_id, 'pg_class')
        FROM '^[{]"rows": ([0-9]{1,18})[,}]'
    )::bigint;
$fn$;

COMMENT ON FUNCTION vecs._rows_when_built(regclass) IS
$doc$Return how many rows an index was built on, which create_index() writes into its comment. NULL for other indexes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._rows_when_built(regclass) TO PUBLIC;
