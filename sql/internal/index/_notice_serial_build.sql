-- _notice_serial_build: say that shared memory was too small for the workers of a build.
-- Also called by clients whose concurrent build, a statement by itself, has failed for that.

CREATE OR REPLACE FUNCTION vecs._notice_serial_build(
    table_id regclass
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RAISE NOTICE USING
        ERRCODE = '{{ errors.serial_build.sqlstate }}',
        MESSAGE = format(
            'an index of table "%s" was built without parallel workers, for which the server has'
            ' too little shared memory',
            table_id
        ),
        HINT = 'They need as much as maintenance_work_mem, or memory among the arguments. A'
            ' container has 64 MB: set shm_size in Docker Compose, or docker run --shm-size.';
END
$fn$;

COMMENT ON FUNCTION vecs._notice_serial_build(regclass) IS
$doc$Raise the notice VSW05 for an index that was built without workers because they lacked shared memory.$doc$;

GRANT EXECUTE ON FUNCTION vecs._notice_serial_build(regclass) TO PUBLIC;
