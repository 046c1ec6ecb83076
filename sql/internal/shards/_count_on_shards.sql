-- _count_on_shards: estimate how many rows a distributed table has; count few rows.

CREATE OR REPLACE FUNCTION vecs._count_on_shards(
    table_id regclass,
    OUT row_count bigint,
    OUT exact boolean
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    SELECT e.matches INTO row_count
    FROM vecs._estimate_on_shards(table_id::text, NULL::text) AS e;
    -- The planner takes a shard that was never vacuumed or analyzed for ten pages of rows.
    exact := row_count <= 10000;
    IF exact THEN
        EXECUTE format('SELECT count(*) FROM %s AS t', table_id) INTO row_count;
    END IF;
EXCEPTION
    -- A node is away.
    WHEN connection_exception OR connection_failure THEN
        row_count := NULL;
        exact := NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._count_on_shards(regclass) IS
$doc$Return about how many rows a distributed table has, from the statistics of its shards. Count them where they are few, and say that the number is exact. NULL while a node is away.$doc$;

GRANT EXECUTE ON FUNCTION vecs._count_on_shards(regclass) TO PUBLIC;
