-- _check_shards: refuse a number of shards, or any where Citus is not there.

CREATE OR REPLACE FUNCTION vecs._check_shards(
    shards bigint,
    least_shards bigint
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF shards IS NOT NULL AND shards NOT BETWEEN least_shards AND 1024 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('shards must be between %s and 1024, not %s', least_shards, shards),
            HINT = 'Every search asks every shard: about one for each worker is best.';
    ELSIF shards IS NOT NULL AND to_regclass('pg_catalog.pg_dist_shard') IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'shards need the extension citus, which this database does not have',
            HINT = 'Leave out shards, or run CREATE EXTENSION citus on a server with Citus.';
    END IF;
    PERFORM vecs._check_coordinator();
END
$fn$;

COMMENT ON FUNCTION vecs._check_shards(bigint, bigint) IS
$doc$Raise VS001 invalid_argument for a number of shards that a collection cannot have, and VS008 unsupported without Citus or on a worker of a cluster. NULL is not checked.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_shards(bigint, bigint) TO PUBLIC;
