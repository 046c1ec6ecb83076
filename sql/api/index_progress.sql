-- index_progress: tell how far the builds of indexes are that run now.
-- The rows of an index that another session builds in a transaction are not visible, so it has no
-- name here.
-- An index of a partitioned table is built one partition after the other. Only how many are done is
-- known, so each counts alike. When one has just been done, what the server says of the next is
-- still said of this one: then there is no percentage.
-- The indexes of shards are built by other nodes, which are asked if there are such collections.
--% from 'macros/builds.sql' import is_graph, share with context
--% from 'macros/errors.sql' import reraise with context
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs.index_progress(
    collection text DEFAULT NULL
)
RETURNS TABLE (
    name text,
    index text,
    phase text,
    percent double precision,
    rows_done bigint,
    rows_total bigint,
    seconds double precision,
    seconds_left double precision
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    -- Else a transaction would see the same at each call.
    PERFORM pg_stat_clear_snapshot();
    IF index_progress.collection IS NOT NULL THEN
        PERFORM vecs._collection(index_progress.collection);
    END IF;

    RETURN QUERY
    SELECT
        b.name,
        b.index,
        b.phase,
        round((100 * b.share)::numeric, 1)::double precision,
        b.rows_done,
        b.rows_total,
        round(b.seconds::numeric, 1)::double precision,
        -- The more rows a graph has, the longer the next one takes: the time grows with the rows to
        -- the power of 1.2 (measured with 117,159 vectors of 384 dimensions).
        round((b.seconds * (power(
            1 / b.share, CASE WHEN b.is_graph THEN 1.2 ELSE 1 END
        ) - 1))::numeric, 1)::double precision
    FROM (
        SELECT
            s.name, s.index, s.phase, s.rows_done, s.rows_total, s.seconds,
            s.is_graph AND s.partitions IS NULL AS is_graph,
            nullif(CASE
                WHEN s.partitions IS NULL THEN s.share
                WHEN s.partitions_done >= s.partitions THEN 0.99
                WHEN s.is_done THEN NULL
                ELSE least(0.99, (s.partitions_done + coalesce(s.share, 0)) / s.partitions)
            END, 0) AS share
        FROM (
            SELECT
                c.name,
                k.relname::text AS index,
                {{ is_graph('p') }} AS is_graph,
                p.phase,
                nullif(p.partitions_total, 0) AS partitions,
                p.partitions_done,
                p.blocks_total > 0 AND p.blocks_done = p.blocks_total
                    OR p.tuples_total > 0 AND p.tuples_done = p.tuples_total AS is_done,
                CASE p.partitions_total WHEN 0 THEN nullif(p.tuples_done, 0) END AS rows_done,
                coalesce(CASE p.partitions_total
                    WHEN 0 THEN nullif(p.tuples_total, 0)
                END, c.row_count) AS rows_total,
                extract(epoch FROM clock_timestamp() - a.query_start)::double precision AS seconds,
                {{ share('p', 'c.row_count') | indent(16) }} AS share
            FROM pg_stat_progress_create_index AS p
            JOIN (
                -- pg_partition_tree is empty for a table that is not partitioned.
                SELECT s.name, t.relation_id
                FROM vecs._collections(index_progress.collection) AS s
                CROSS JOIN LATERAL (
                    SELECT s.table_id UNION SELECT r.relid FROM pg_partition_tree(s.table_id) AS r
                ) AS t (relation_id)
            ) AS s ON s.relation_id = p.relid
            CROSS JOIN LATERAL (
                SELECT s.name, nullif(sum(greatest(t.reltuples, 0)), 0)::bigint AS row_count
                FROM pg_class AS t
                WHERE t.relkind IN ('r', 'm') AND t.oid IN (
                    SELECT p.relid UNION SELECT r.relid FROM pg_partition_tree(p.relid) AS r
                )
            ) AS c
            LEFT JOIN pg_stat_activity AS a ON a.pid = p.pid
            LEFT JOIN pg_class AS k ON k.oid = p.index_relid
            WHERE p.datname = current_database()
            UNION ALL
            SELECT
                s.name, p.index, p.is_graph, p.phase, NULL, NULL, NULL, p.rows_done, p.rows_total,
                p.seconds, p.share
            FROM vecs._collections(index_progress.collection) AS s
            CROSS JOIN LATERAL vecs._progress_on_shards(s.table_id) AS p
            WHERE {{ shard_count('s.table_id') | indent(12) }} IS NOT NULL
        ) AS s
    ) AS b
    ORDER BY b.name, b.index;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.index_progress(text) IS
$doc$Return the builds of indexes that run now on a collection, or on all, and how far they are.

name is the collection's. index is NULL for a build in a transaction, such as create_index(): other sessions do not see its name before the end. phase is PostgreSQL's. percent is the share of the table that is indexed; of a partitioned table, which is built one partition after the other, each partition counts alike, and rows_done is NULL. seconds is the time since the statement began, and seconds_left an estimate from both, NULL at first. You see the builds of roles whose privileges you have; members of pg_read_all_stats see all.

Parameters:
  collection  the collection; NULL: all

Errors: VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.index_progress(text) TO PUBLIC;
