-- _build_index: run CREATE INDEX, without parallel workers where the server has not the shared
-- memory for them. A container often has 64 MB of it; pgvector's parallel build asks for all of
-- maintenance_work_mem there.

CREATE OR REPLACE FUNCTION vecs._build_index(
    statement text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_before text[];
BEGIN
    EXECUTE statement;
EXCEPTION
    WHEN disk_full OR out_of_memory THEN
        v_before := vecs._swap_settings(ARRAY['max_parallel_maintenance_workers'], ARRAY['0']);
        EXECUTE statement;
        PERFORM vecs._swap_settings(ARRAY['max_parallel_maintenance_workers'], v_before);
END
$fn$;

COMMENT ON FUNCTION vecs._build_index(text) IS
$doc$Run a CREATE INDEX statement, and once more without parallel workers where shared memory runs out.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_index(text) TO PUBLIC;
