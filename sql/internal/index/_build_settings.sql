-- _build_settings: choose the settings to build a vector index with.
-- pgvector builds an HNSW graph several times as fast if it fits into maintenance_work_mem, and
-- PostgreSQL assigns one worker for each 32 MB of it. shared_buffers stands for what the server can
-- spare.

CREATE OR REPLACE FUNCTION vecs._build_settings(
    vector_bytes integer,
    m integer,
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
    v_shared_buffers bigint := pg_size_bytes(current_setting('shared_buffers'));
    v_workers integer := current_setting('max_parallel_workers')::integer;
    -- A row takes its vector, 16 bytes for each of its 2 m neighbours, and about 512 more.
    v_needed bigint := row_count * (vector_bytes + 32 * coalesce(m, 16) + 512);
BEGIN
    names := ARRAY['max_parallel_maintenance_workers', 'maintenance_work_mem'];
    settings := ARRAY[
        greatest(current_setting('max_parallel_maintenance_workers')::integer, v_workers)::text,
        greatest(
            v_memory,
            least(greatest(v_needed, (v_workers + 1) * 33554432::bigint), v_shared_buffers)
        ) / 1024 || 'kB'
    ];
END
$fn$;

COMMENT ON FUNCTION vecs._build_settings(integer, integer, bigint) IS
$doc$Return the names and values of the settings to build a vector index with: memory for the graph (of m, if the index is hnsw) and its workers, at least what is set and at most shared_buffers, and up to max_parallel_workers workers.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_settings(integer, integer, bigint) TO PUBLIC;
