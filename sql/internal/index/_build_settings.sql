-- _build_settings: choose the settings to build a vector index with.
-- pgvector builds an HNSW graph several times as fast if it fits into maintenance_work_mem, and
-- PostgreSQL assigns one worker for each 32 MB of it. shared_buffers stands for what the server can
-- spare. What the session has set by itself is taken as it is.
-- More workers than processors take longer (117,159 vectors on two: 140 s with seven workers, 96 s
-- with one), so max_parallel_workers counts only where someone has set it; the default is 8.
-- The shards of a node are built at once, and what the server can spare is divided among them. Of
-- the settings of the nodes nothing is known: this server's stand for them.

CREATE OR REPLACE FUNCTION vecs._build_settings(
    vector_bytes integer,
    m integer,
    row_count bigint,
    memory text,
    builds integer,
    OUT names text[],
    OUT settings text[],
    OUT needed_bytes bigint,
    OUT memory_bytes bigint
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_memory_is_set boolean;
    v_workers_are_set boolean;
    v_workers integer := current_setting('max_parallel_maintenance_workers')::integer;
BEGIN
    -- Not by their source: what _swap_settings() puts back is set by the session, too.
    SELECT
        bool_or(s.name = 'maintenance_work_mem'),
        bool_or(s.name = 'max_parallel_maintenance_workers')
    INTO v_memory_is_set, v_workers_are_set
    FROM pg_settings AS s
    WHERE s.setting <> s.reset_val
        AND s.name IN ('maintenance_work_mem', 'max_parallel_maintenance_workers');
    IF v_workers_are_set IS NOT TRUE THEN
        v_workers := greatest(v_workers, (
            SELECT s.setting::integer
            FROM pg_settings AS s
            WHERE s.name = 'max_parallel_workers' AND s.source <> 'default'
        ));
        v_workers := greatest((v_workers + 1) / builds - 1, 0);
    END IF;
    -- A row takes its vector, 16 bytes for each of its 2 m neighbours, and about 256 more.
    needed_bytes := row_count * (vector_bytes + 32 * m + 256);
    memory_bytes := CASE
        WHEN memory IS NOT NULL THEN greatest(pg_size_bytes(memory) / builds, 1048576)
        WHEN v_memory_is_set THEN pg_size_bytes(current_setting('maintenance_work_mem'))
        ELSE greatest(
            pg_size_bytes(current_setting('maintenance_work_mem')),
            least(
                greatest(needed_bytes * 9 / 8, (v_workers + 1) * 33554432::bigint),
                pg_size_bytes(current_setting('shared_buffers')) / builds
            )
        )
    END;
    names := ARRAY['max_parallel_maintenance_workers', 'maintenance_work_mem'];
    settings := ARRAY[
        v_workers::text,
        CASE memory_bytes
            WHEN pg_size_bytes(current_setting('maintenance_work_mem'))
                THEN current_setting('maintenance_work_mem')
            ELSE memory_bytes / 1024 || 'kB'
        END
    ];
    needed_bytes := needed_bytes * builds;
    memory_bytes := memory_bytes * builds;
END
$fn$;

COMMENT ON FUNCTION vecs._build_settings(integer, integer, bigint, text, integer) IS
$doc$Return the names and values of the settings to build a vector index with, the bytes that its graph needs (of m; NULL: no graph), and those that it gets: the memory that is named or that the session has set, or what is needed, at least what is set and at most shared_buffers; and as many workers as max_parallel_workers, if that is set, unless the session has set them. The bytes are those of all builds at once on a node, the settings those of one of them.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_settings(integer, integer, bigint, text, integer) TO PUBLIC;
