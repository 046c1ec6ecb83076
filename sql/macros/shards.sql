{#-
Collections that Citus has distributed over the nodes of a cluster.
-#}
--% macro shard_count(table)
{#- The number of shards of a table; NULL: it is a local one. Without Citus there is no such setting,
    and it costs less to look for that than to call a function. -#}
(CASE
    WHEN current_setting('citus.shard_count', true) IS NOT NULL THEN vecs._shard_count({{ table }})
END)
--%- endmacro
