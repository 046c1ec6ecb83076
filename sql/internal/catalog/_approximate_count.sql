-- _approximate_count: estimate how many rows a table has; count them where there are no statistics.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._approximate_count(
    table_id regclass,
    OUT row_count bigint,
    OUT exact boolean
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF {{ shard_count('table_id') | indent(4) }} IS NOT NULL THEN
        SELECT c.row_count, c.exact INTO row_count, exact
        FROM vecs._count_on_shards(table_id, true) AS c;
        RETURN;
    END IF;
    -- pg_partition_tree is empty for a table that is not partitioned.
    SELECT sum(greatest(c.reltuples, 0))::bigint, coalesce(bool_or(c.reltuples < 0), true)
    INTO row_count, exact
    FROM pg_class AS c
    WHERE c.relkind IN ('r', 'm')
        AND (c.oid = table_id OR c.oid IN (SELECT p.relid FROM pg_partition_tree(table_id) AS p));

    -- A table that was empty at the last ANALYZE has probably been loaded since: count it.
    exact := exact OR row_count = 0;
    IF exact THEN
        EXECUTE format($sql$SELECT count(*) FROM %s AS t$sql$, table_id) INTO row_count;
    END IF;
EXCEPTION
    -- It was dropped concurrently. A regclass without a table prints as a number.
    WHEN undefined_table OR syntax_error THEN
        row_count := NULL;
        exact := NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._approximate_count(regclass) IS
$doc$Return about how many rows a table has, from its statistics. While there are none, count the rows and say that the number is exact. NULL for a table that has been dropped.$doc$;

GRANT EXECUTE ON FUNCTION vecs._approximate_count(regclass) TO PUBLIC;
