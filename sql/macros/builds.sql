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

--% macro is_graph(p)
{#- Whether a build, a row p of pg_stat_progress_create_index, is putting rows into a graph. -#}
{{ p }}.phase = 'building index: loading tuples' AND {{ p }}.tuples_total = 0
--%- endmacro

--% macro share(p, row_count)
{#- How much of an index of about row_count rows (NULL: not known) is built; NULL: not known. -#}
nullif(
    CASE
        WHEN {{ p }}.phase = 'building index: assigning tuples'
            THEN 0.1 + 0.6 * {{ p }}.blocks_done / nullif({{ p }}.blocks_total, 0)
        WHEN {{ p }}.phase = 'building index: loading tuples' AND {{ p }}.tuples_total > 0
            THEN 0.7 + 0.3 * {{ p }}.tuples_done / {{ p }}.tuples_total
        -- A scan that begins in the middle of the table says at first that it is done.
        WHEN {{ p }}.phase = 'building index: loading tuples'
            AND {{ p }}.blocks_done = {{ p }}.blocks_total
            AND {{ p }}.tuples_done * {{ p }}.blocks_total <= 2 * {{ row_count }}
            THEN NULL
        WHEN {{ p }}.phase LIKE 'building index%'
            THEN 0.99 * {{ p }}.blocks_done / nullif({{ p }}.blocks_total, 0)
        WHEN {{ p }}.phase LIKE 'index validation%'
            OR {{ p }}.phase LIKE 'waiting for%' AND {{ p }}.phase NOT LIKE '%before build'
            THEN 0.99
    END,
    0
)::double precision
--%- endmacro
