-- _describe_shards: describe where the shards of a distributed table are.
-- Citus reads sizes over other connections. After DDL on the table in this transaction these would
-- wait for its locks, a deadlock that nothing detects. DDL assigns a transaction id on this node,
-- writes on shards do not. So with an id, only check that the nodes can be reached.

CREATE OR REPLACE FUNCTION vecs._describe_shards(
    table_id regclass
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_nodes jsonb;
    v_before text[] := vecs._swap_settings('{client_min_messages}'::text[], '{error}'::text[]);
BEGIN
    EXECUTE $sql$
        SELECT jsonb_agg(
            jsonb_build_object(
                'node', format('%s:%s', n.nodename, n.nodeport),
                'shards', n.shards,
                'bytes', n.bytes,
                'reachable', CASE
                    WHEN n.bytes IS NOT NULL THEN true
                    ELSE citus_check_connection_to_node(n.nodename, n.nodeport)
                END
            )
            ORDER BY n.nodename, n.nodeport
        )
        FROM (
            SELECT
                p.nodename,
                p.nodeport::integer,
                count(*) AS shards,
                sum(b.result::bigint) FILTER (WHERE b.success)::bigint AS bytes
            FROM pg_dist_shard AS s
            JOIN pg_dist_shard_placement AS p ON p.shardid = s.shardid
            LEFT JOIN run_command_on_placements(
                CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN $1 END,
                'SELECT pg_total_relation_size(''%s'')'
            ) AS b
                ON b.shardid = s.shardid
                AND b.nodename = p.nodename
                AND b.nodeport = p.nodeport
            WHERE s.logicalrelid = $1
            GROUP BY p.nodename, p.nodeport
        ) AS n
    $sql$ INTO v_nodes USING table_id;
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], v_before);
    RETURN jsonb_build_object(
        'column', vecs._distribution_column(table_id),
        'shards', vecs._shard_count(table_id),
        'nodes', v_nodes
    );
END
$fn$;

COMMENT ON FUNCTION vecs._describe_shards(regclass) IS
$doc$Return, as JSON, by which column a table is distributed (null: each node has all rows), over how many shards, and of each node with some of them how many, of what size, and whether it can be reached.$doc$;

GRANT EXECUTE ON FUNCTION vecs._describe_shards(regclass) TO PUBLIC;
