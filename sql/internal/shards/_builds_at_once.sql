-- _builds_at_once: count the indexes that a node builds at the same time for CREATE INDEX.
-- Citus builds those of all shards of a distributed table at once, each by a connection of its own,
-- up to a limit.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._builds_at_once(
    table_id regclass
)
RETURNS integer
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_builds integer;
BEGIN
    IF {{ shard_count('table_id') | indent(4) }} IS NULL THEN
        RETURN 1;
    END IF;
    EXECUTE $sql$
        SELECT max(n.shards)
        FROM (
            SELECT count(*) AS shards
            FROM pg_catalog.pg_dist_shard AS s
            JOIN pg_catalog.pg_dist_placement AS p ON p.shardid = s.shardid
            WHERE s.logicalrelid = $1
            GROUP BY p.groupid
        ) AS n
    $sql$ INTO v_builds USING table_id;
    RETURN least(
        v_builds, current_setting('citus.max_adaptive_executor_pool_size')::integer
    );
END
$fn$;

COMMENT ON FUNCTION vecs._builds_at_once(regclass) IS
$doc$Return how many indexes CREATE INDEX on a table builds at once on one node: of a distributed table those of the shards there; of a local one it is one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._builds_at_once(regclass) TO PUBLIC;
