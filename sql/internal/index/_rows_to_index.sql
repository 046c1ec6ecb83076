-- _rows_to_index: count the rows of the largest index that a build on a table makes.
-- Each partition has an index of its own, and one is built after the other.

CREATE OR REPLACE FUNCTION vecs._rows_to_index(
    table_id regclass
)
RETURNS bigint
LANGUAGE sql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    -- pg_partition_tree is empty for a table that is not partitioned.
    SELECT coalesce(max((vecs._approximate_count(r.relation_id)).row_count), 0)
    FROM (
        SELECT _rows_to_index.table_id
        WHERE NOT EXISTS (SELECT FROM pg_partition_tree(_rows_to_index.table_id))
        UNION ALL
        SELECT p.relid FROM pg_partition_tree(_rows_to_index.table_id) AS p WHERE p.isleaf
    ) AS r (relation_id);
$fn$;

COMMENT ON FUNCTION vecs._rows_to_index(regclass) IS
$doc$Return about how many rows a table has; for a partitioned one, how many the largest of its partitions has.$doc$;

GRANT EXECUTE ON FUNCTION vecs._rows_to_index(regclass) TO PUBLIC;
