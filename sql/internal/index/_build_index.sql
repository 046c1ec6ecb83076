-- _build_index: run CREATE INDEX, without parallel workers if shared memory runs out.
-- A container often has 64 MB of shared memory, and pgvector's parallel build asks for all of
-- maintenance_work_mem before it reads a row. A full disk has the same SQLSTATE, but later, when
-- the index is written: a build that fails after its first seconds is not tried again.
-- Arguments: $1 the name; $2 the table; $3 the rest of the definition. They have no names: see
-- _search_nearest().

CREATE OR REPLACE FUNCTION vecs._build_index(
    text,
    regclass,
    text
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_statement text := format('CREATE INDEX %I ON %s %s', $1, $2, $3);
    v_start timestamptz := clock_timestamp();
    v_before text[];
BEGIN
    EXECUTE v_statement;
    RETURN true;
EXCEPTION
    WHEN disk_full OR out_of_memory THEN
        IF clock_timestamp() > v_start + interval '5 seconds'
            OR current_setting('max_parallel_maintenance_workers')::integer = 0
        THEN
            RAISE;
        END IF;
        v_before := vecs._swap_settings_for(
            $2, '{max_parallel_maintenance_workers}'::text[], '{0}'::text[]
        );
        EXECUTE v_statement;
        v_before := vecs._swap_settings_for(
            $2, '{max_parallel_maintenance_workers}'::text[], v_before
        );
        PERFORM vecs._notice_serial_build($2);
        RETURN true;
    -- Dropped concurrently. A regclass without a table prints as a number.
    WHEN undefined_table OR syntax_error THEN
        IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = $2) THEN
            RAISE;
        END IF;
        RETURN false;
END
$fn$;

COMMENT ON FUNCTION vecs._build_index(text, regclass, text) IS
$doc$Run CREATE INDEX, a second time without parallel workers if shared memory runs out. Returns false if the table has been dropped.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_index(text, regclass, text) TO PUBLIC;
