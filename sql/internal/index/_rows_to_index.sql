-- _rows_to_index: count the rows of the largest index that a build on a table makes.
-- Each partition has an index of its own, and one is built after the other; so has each shard. The
-- rows of shards are counted: one that was never analyzed is taken for many times as large by its
-- planner, and a build reads all rows anyway. tableoid is the shard; should two on different nodes
-- have the same one, they count as one.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._rows_to_index(
    table_id regclass
)
RETURNS bigint
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_rows bigint;
BEGIN
    IF {{ shard_count('table_id') | indent(4) }} IS NOT NULL THEN
        EXECUTE format(
            'SELECT max(s.rows) FROM (SELECT count(*) AS rows FROM %s AS t GROUP BY t.tableoid)'
            ' AS s',
            table_id
        ) INTO v_rows;
    ELSE
        -- pg_partition_tree is empty for a table that is not partitioned.
        SELECT max((vecs._approximate_count(r.relation_id)).row_count)
        INTO v_rows
        FROM (
            SELECT _rows_to_index.table_id
            WHERE NOT EXISTS (SELECT FROM pg_partition_tree(_rows_to_index.table_id))
            UNION ALL
            SELECT p.relid FROM pg_partition_tree(_rows_to_index.table_id) AS p WHERE p.isleaf
        ) AS r (relation_id);
    END IF;
    RETURN coalesce(v_rows, 0);
END
$fn$;

COMMENT ON FUNCTION vecs._rows_to_index(regclass) IS
$doc$Return about how many rows a table has; for a partitioned or distributed one, how many the largest of its partitions or shards has.$doc$;

GRANT EXECUTE ON FUNCTION vecs._rows_to_index(regclass) TO PUBLIC;
