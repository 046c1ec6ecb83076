-- _share_functions: make the functions that run on shards known to all nodes of a cluster.
-- Citus does so by itself when it was there before them. Otherwise, when a table is distributed, it
-- does so for the functions of its columns and indexes, but not for those which these call, nor for
-- those of a filter.

CREATE OR REPLACE FUNCTION vecs._share_functions()
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_functions regprocedure[];
BEGIN
    EXECUTE $sql$
        SELECT array_agg(p.oid ORDER BY p.oid)
        FROM pg_proc AS p
        WHERE p.pronamespace = 'vecs'::regnamespace
            AND p.proname IN ('_instant', '_text_config', '_text_vector')
            AND NOT EXISTS (
                SELECT
                FROM pg_catalog.pg_dist_object AS o
                WHERE o.classid = 'pg_proc'::regclass AND o.objid = p.oid
            )
    $sql$ INTO v_functions;
    FOR v_number IN 1..coalesce(cardinality(v_functions), 0) LOOP
        EXECUTE 'SELECT create_distributed_function($1)' USING v_functions[v_number];
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._share_functions() IS
$doc$Have Citus create the functions that run on shards on all nodes, where it has not done so. That needs the owner of the functions.$doc$;

GRANT EXECUTE ON FUNCTION vecs._share_functions() TO PUBLIC;
