-- index_progress: tell how far the builds of indexes are that run now.
-- The rows of an index that another session builds in a transaction are not visible, so it has no
-- name here.
--% from 'macros/errors.sql' import reraise with context

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
            c.name,
            k.relname::text AS index,
            p.phase = 'building index: loading tuples' AND p.tuples_total = 0 AS is_graph,
            p.phase,
            nullif(p.tuples_done, 0) AS rows_done,
            nullif(coalesce(nullif(p.tuples_total, 0), c.row_count), 0) AS rows_total,
            extract(epoch FROM clock_timestamp() - a.query_start)::double precision AS seconds,
            nullif(
                CASE
                    WHEN p.phase = 'building index: assigning tuples'
                        THEN 0.1 + 0.6 * p.blocks_done / nullif(p.blocks_total, 0)
                    WHEN p.phase = 'building index: loading tuples' AND p.tuples_total > 0
                        THEN 0.7 + 0.3 * p.tuples_done / p.tuples_total
                    -- A scan that begins in the middle of the table says at first that it is done.
                    WHEN p.phase = 'building index: loading tuples'
                        AND p.blocks_done = p.blocks_total
                        AND p.tuples_done * p.blocks_total <= 2 * c.row_count
                        THEN NULL
                    WHEN p.phase LIKE 'building index%'
                        THEN 0.99 * p.blocks_done / nullif(p.blocks_total, 0)
                    WHEN p.phase LIKE 'index validation%'
                        OR p.phase LIKE 'waiting for%' AND p.phase NOT LIKE '%before build'
                        THEN 0.99
                END,
                0
            )::double precision AS share
        FROM pg_stat_progress_create_index AS p
        JOIN (
            SELECT s.name, s.table_id, nullif(greatest(t.reltuples, 0), 0)::bigint AS row_count
            FROM vecs._collections(index_progress.collection) AS s
            JOIN pg_class AS t ON t.oid = s.table_id
        ) AS c
            ON p.relid = c.table_id
            OR p.relid IN (SELECT t.relid FROM pg_partition_tree(c.table_id) AS t)
        LEFT JOIN pg_stat_activity AS a ON a.pid = p.pid
        LEFT JOIN pg_class AS k ON k.oid = p.index_relid
        WHERE p.datname = current_database()
    ) AS b
    ORDER BY b.name, b.index;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.index_progress(text) IS
$doc$Return the builds of indexes that run now on a collection, or on all, and how far they are.

index is NULL for a build in a transaction, such as create_index(): other sessions do not see its name before the end. phase is PostgreSQL's. percent is the share of the table that is indexed, seconds the time since the statement began, and seconds_left an estimate from both, NULL at first. Only builds of roles whose privileges you have, or a member of pg_read_all_stats, are shown.

Parameters:
  collection  the collection; NULL: all

Errors: VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.index_progress(text) TO PUBLIC;
