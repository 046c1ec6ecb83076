-- _check_coordinator: refuse to create a table on a worker of a Citus cluster, which the others
-- would not see.

CREATE OR REPLACE FUNCTION vecs._check_coordinator()
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_coordinator text;
BEGIN
    IF current_setting('citus.shard_count', true) IS NULL
        OR to_regclass('pg_catalog.pg_dist_local_group') IS NULL
    THEN
        RETURN;
    END IF;
    EXECUTE $sql$
        SELECT format('%s, port %s', n.nodename, n.nodeport)
        FROM pg_catalog.pg_dist_local_group AS g
        JOIN pg_catalog.pg_dist_node AS n ON n.groupid = 0 AND n.noderole = 'primary'
        WHERE g.groupid <> 0
    $sql$ INTO v_coordinator;
    IF v_coordinator IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'collections are created and changed on the coordinator of the cluster,'
                ' not on a worker',
            HINT = format('Connect to %s.', v_coordinator);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_coordinator() IS
$doc$Raise VS008 unsupported on a worker of a Citus cluster, with the coordinator's address.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_coordinator() TO PUBLIC;
