-- _build_index: run CREATE INDEX, without parallel workers where the server has not the shared
-- memory for them. A container often has 64 MB of it; pgvector's parallel build asks for all of
-- maintenance_work_mem there.
-- ($1: the name; $2: the table; $3: the rest of the definition. No names: see _search_index.)

CREATE OR REPLACE FUNCTION vecs._build_index(
    text,
    regclass,
    text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_statement text := format('CREATE INDEX %I ON %s %s', $1, $2, $3);
    v_before text[];
BEGIN
    EXECUTE v_statement;
EXCEPTION
    WHEN disk_full OR out_of_memory THEN
        v_before := vecs._swap_settings(ARRAY['max_parallel_maintenance_workers'], ARRAY['0']);
        EXECUTE v_statement;
        PERFORM vecs._swap_settings(ARRAY['max_parallel_maintenance_workers'], v_before);
END
$fn$;

COMMENT ON FUNCTION vecs._build_index(text, regclass, text) IS
$doc$Run a CREATE INDEX statement, and once more without parallel workers where shared memory runs out.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_index(text, regclass, text) TO PUBLIC;
