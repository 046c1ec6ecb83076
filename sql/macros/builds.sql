{#-
The mark of a session that builds an index concurrently: an advisory lock that it shares, so that
nobody waits for it. Whose builds run, pg_stat_progress_create_index shows to their own roles alone.
-#}
--% macro is_building(table_id)
{#- Whether another session builds an index of a table, or of a partition of it, concurrently. -#}
(
    EXISTS (
        SELECT
        FROM pg_locks AS l
        WHERE l.locktype = 'advisory'
            AND l.database = (
                SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()
            )
            AND l.classid = (hashtext('vecs.create_index_sql')::bigint & 4294967295)::oid
            AND l.objid = {{ table_id }}::oid
            AND l.pid <> pg_backend_pid()
    )
    OR EXISTS (
        SELECT
        FROM pg_stat_progress_create_index AS p
        WHERE p.datname = current_database()
            AND p.pid <> pg_backend_pid()
            AND p.command LIKE '%CONCURRENTLY'
            AND (
                p.relid = {{ table_id }}
                OR p.relid IN (SELECT t.relid FROM pg_partition_tree({{ table_id }}) AS t)
            )
    )
)
--%- endmacro
