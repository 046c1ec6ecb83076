-- _table_bytes: measure a table with its indexes and TOAST table.

CREATE OR REPLACE FUNCTION vecs._table_bytes(
    table_id regclass
)
RETURNS bigint
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    -- pg_partition_tree is empty for a table that is not partitioned.
    SELECT sum(pg_total_relation_size(r.table_id))::bigint
    FROM (
        SELECT _table_bytes.table_id
        UNION
        SELECT p.relid FROM pg_partition_tree(_table_bytes.table_id) AS p
    ) AS r (table_id);
$fn$;

COMMENT ON FUNCTION vecs._table_bytes(regclass) IS
$doc$Return the size of a table in bytes, with its indexes, TOAST table and partitions.$doc$;

GRANT EXECUTE ON FUNCTION vecs._table_bytes(regclass) TO PUBLIC;
