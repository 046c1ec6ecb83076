-- _shard_count: count the shards of a table that Citus has distributed over the nodes of a cluster.
-- Every search runs this where Citus is loaded, so it is one short query; where it is not, callers
-- do not get here: see macros/shards.sql. The catalog of Citus is there only in a database with the
-- extension.

CREATE OR REPLACE FUNCTION vecs._shard_count(
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
    v_shards integer;
BEGIN
    IF to_regclass('pg_catalog.pg_dist_shard') IS NOT NULL THEN
        EXECUTE $sql$
            SELECT nullif(count(*), 0) FROM pg_catalog.pg_dist_shard AS s WHERE s.logicalrelid = $1
        $sql$ INTO v_shards USING table_id;
    END IF;
    RETURN v_shards;
END
$fn$;

COMMENT ON FUNCTION vecs._shard_count(regclass) IS
$doc$Return the number of shards of a table that Citus has distributed; NULL for a local one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._shard_count(regclass) TO PUBLIC;
