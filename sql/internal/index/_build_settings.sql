-- _build_settings: the settings to build a vector index with.
-- pgvector builds an hnsw graph several times as fast where it fits into maintenance_work_mem, and
-- PostgreSQL gives a worker to each 32 MB of it. shared_buffers is what the administrator says the
-- server can spare.

CREATE OR REPLACE FUNCTION vecs._build_settings(
    dimension integer,
    row_count bigint,
    OUT names text[],
    OUT settings text[]
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_memory bigint := pg_size_bytes(current_setting('maintenance_work_mem'));
    v_spare bigint := pg_size_bytes(current_setting('shared_buffers'));
    v_workers integer := current_setting('max_parallel_workers')::integer;
    -- A row of the graph: the vector, and about 1 kB for its neighbours and what the build keeps of
    -- it.
    v_needed bigint := row_count * (4 * greatest(dimension, 1) + 1024);
BEGIN
    names := ARRAY['max_parallel_maintenance_workers', 'maintenance_work_mem'];
    settings := ARRAY[
        greatest(current_setting('max_parallel_maintenance_workers')::integer, v_workers)::text,
        greatest(
            v_memory, least(greatest(v_needed, (v_workers + 1) * 33554432::bigint), v_spare)
        ) / 1024 || 'kB'
    ];
END
$fn$;

COMMENT ON FUNCTION vecs._build_settings(integer, bigint) IS
$doc$The names and values of the settings to build a vector index with: memory for the whole graph and its workers, never less than is set and never more than shared_buffers; workers up to max_parallel_workers.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_settings(integer, bigint) TO PUBLIC;
