-- _swap_settings: change settings and return their previous values.
-- After an error PostgreSQL restores them by itself. Only the settings of a search or a build are
-- accepted: anyone may call this function, and "role" is a setting, too.

CREATE OR REPLACE FUNCTION vecs._swap_settings(
    names text[],
    settings text[]
)
RETURNS text[]
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_before text[] := '{}';
    v_setting text;
BEGIN
    IF NOT coalesce(names, '{}') <@ ARRAY[
        'citus.explain_all_tasks', 'citus.multi_shard_modify_mode', 'citus.propagate_set_commands',
        'client_connection_check_interval', 'client_min_messages', 'enable_sort', 'hnsw.ef_search',
        'hnsw.iterative_scan', 'hnsw.max_scan_tuples', 'ivfflat.iterative_scan', 'ivfflat.probes',
        'jit', 'lock_timeout', 'maintenance_work_mem', 'max_parallel_maintenance_workers',
        'max_parallel_workers_per_gather', 'pg_trgm.word_similarity_threshold'
    ] THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'only the settings of a search or an index build can be changed';
    END IF;

    FOR v_position IN 1..coalesce(cardinality(names), 0) LOOP
        -- NULL while pgvector's library is not loaded; set_config() takes it as the default.
        v_setting := current_setting(names[v_position], true);
        v_before := array_append(v_before, v_setting);

        IF v_setting IS DISTINCT FROM settings[v_position] THEN
            PERFORM set_config(names[v_position], settings[v_position], true);
        END IF;
    END LOOP;

    RETURN v_before;
END
$fn$;

COMMENT ON FUNCTION vecs._swap_settings(text[], text[]) IS
$doc$Change settings until the end of the transaction, and return their previous values. A NULL value stands for the default.$doc$;

GRANT EXECUTE ON FUNCTION vecs._swap_settings(text[], text[]) TO PUBLIC;
