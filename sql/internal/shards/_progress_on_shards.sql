-- _progress_on_shards: ask the nodes how far the builds of an index of a distributed table are.
-- Reports the slowest shard. Finished ones are no longer in pg_stat_progress_create_index.
--% from 'macros/builds.sql' import is_graph, share with context

CREATE OR REPLACE FUNCTION vecs._progress_on_shards(
    table_id regclass
)
RETURNS TABLE (
    index text,
    is_graph boolean,
    phase text,
    rows_done bigint,
    rows_total bigint,
    seconds double precision,
    share double precision
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_builds jsonb;
BEGIN
    -- What a node that is away has to tell is missing.
    EXECUTE $sql$
        SELECT jsonb_agg(b.build)
        FROM run_command_on_all_nodes(
            $command$
            SELECT jsonb_agg(jsonb_build_object(
                'phase', p.phase,
                'blocks_done', p.blocks_done,
                'blocks_total', p.blocks_total,
                'tuples_done', p.tuples_done,
                'tuples_total', p.tuples_total,
                'relation', c.relname,
                'row_count', nullif(greatest(c.reltuples, 0), 0),
                'is_visible', k.oid IS NOT NULL,
                'seconds', extract(epoch FROM clock_timestamp() - a.query_start)
            ))
            FROM pg_stat_progress_create_index AS p
            JOIN pg_class AS c ON c.oid = p.relid
            LEFT JOIN pg_class AS k ON k.oid = p.index_relid
            LEFT JOIN pg_stat_activity AS a ON a.pid = p.pid
            WHERE p.datname = current_database()
            $command$,
            give_warning_for_connection_errors => true
        ) AS n
        CROSS JOIN LATERAL jsonb_array_elements(nullif(n.result, '')::jsonb) AS b (build)
        JOIN pg_dist_shard AS s
            ON substring(b.build ->> 'relation' FROM '_([0-9]+)$')::bigint = s.shardid
            AND s.logicalrelid = $1
        WHERE n.success
    $sql$ INTO v_builds USING table_id;
    RETURN QUERY
    SELECT
        -- A name that is not visible is that of a build in a transaction.
        CASE WHEN bool_or(b.is_visible) THEN (
            SELECT min(c.relname::text)
            FROM pg_index AS i
            JOIN pg_class AS c ON c.oid = i.indexrelid
            WHERE i.indrelid = table_id AND NOT i.indisvalid
        ) END,
        bool_or(b.is_graph),
        (array_agg(b.phase ORDER BY b.share NULLS FIRST))[1],
        nullif(sum(b.tuples_done), 0)::bigint,
        sum(coalesce(nullif(b.tuples_total, 0), b.row_count))::bigint,
        max(b.seconds),
        CASE WHEN count(b.share) = count(*) THEN min(b.share) END
    FROM (
        SELECT
            p.phase, p.is_visible, p.tuples_done, p.tuples_total, p.row_count, p.seconds,
            {{ is_graph('p') }} AS is_graph,
            {{ share('p', 'p.row_count') | indent(12) }} AS share
        FROM jsonb_to_recordset(v_builds) AS p (
            phase text, is_visible boolean, blocks_done bigint, blocks_total bigint,
            tuples_done bigint, tuples_total bigint, row_count bigint, seconds double precision
        )
    ) AS b
    HAVING count(*) > 0;
END
$fn$;

COMMENT ON FUNCTION vecs._progress_on_shards(regclass) IS
$doc$Return how far the builds of an index on the shards of a distributed table are, as index_progress() does, and whether they put rows into a graph; no row if none runs.$doc$;

GRANT EXECUTE ON FUNCTION vecs._progress_on_shards(regclass) TO PUBLIC;
