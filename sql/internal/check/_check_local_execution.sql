-- _check_local_execution: refuse a table on shards that Citus would not read alike everywhere.
-- Shards on the node that one is connected to are read without a connection, if a setting says so,
-- and the others over one. After the first of these a transaction cannot do the second with the
-- same shards, and which it is depends on how deeply calls are nested.

CREATE OR REPLACE FUNCTION vecs._check_local_execution(
    table_id regclass
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_is_here boolean;
BEGIN
    EXECUTE $sql$
        SELECT EXISTS (
            SELECT
            FROM pg_catalog.pg_dist_shard AS s
            JOIN pg_catalog.pg_dist_partition AS d
                ON d.logicalrelid = s.logicalrelid AND d.partkey IS NOT NULL
            JOIN pg_catalog.pg_dist_placement AS p ON p.shardid = s.shardid
            JOIN pg_catalog.pg_dist_local_group AS g ON g.groupid = p.groupid
            WHERE s.logicalrelid = $1
        )
    $sql$ INTO v_is_here USING table_id;
    IF v_is_here AND current_setting('citus.enable_local_execution') = 'on' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'this node has shards itself, and citus.enable_local_execution is on',
            HINT = format(
                'ALTER DATABASE %I SET citus.enable_local_execution = off; and connect again.',
                current_database()
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_local_execution(regclass) IS
$doc$Raise VS008 unsupported for a distributed table that has shards on this node, while Citus would read them without a connection.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_local_execution(regclass) TO PUBLIC;
