-- _describe_shards: describe where the shards of a distributed table are.
-- citus_shard_sizes() leaves out nodes that are away, and warns of them.

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
    v_column text;
    v_before text[] := vecs._swap_settings('{client_min_messages}'::text[], '{error}'::text[]);
BEGIN
    EXECUTE $sql$
        SELECT jsonb_agg(
            jsonb_build_object(
                'node', format('%s:%s', n.nodename, n.nodeport),
                'shards', n.shards,
                'bytes', n.bytes,
                'reachable', citus_check_connection_to_node(n.nodename, n.nodeport)
            )
            ORDER BY n.nodename, n.nodeport
        )
        FROM (
            SELECT n.nodename, n.nodeport, count(DISTINCT s.shardid) AS shards,
                sum(z.size)::bigint AS bytes
            FROM pg_dist_shard AS s
            JOIN pg_dist_placement AS p ON p.shardid = s.shardid
            JOIN pg_dist_node AS n ON n.groupid = p.groupid AND n.noderole = 'primary'
            LEFT JOIN citus_shard_sizes() AS z ON z.shard_id = s.shardid
            WHERE s.logicalrelid = $1
            GROUP BY n.nodename, n.nodeport
        ) AS n
    $sql$ INTO v_nodes USING table_id;
    EXECUTE $sql$
        SELECT column_to_column_name(p.logicalrelid, p.partkey)
        FROM pg_dist_partition AS p
        WHERE p.logicalrelid = $1
    $sql$ INTO v_column USING table_id;
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], v_before);
    RETURN jsonb_build_object(
        'column', v_column,
        'shards', vecs._shard_count(table_id),
        'nodes', v_nodes
    );
END
$fn$;

COMMENT ON FUNCTION vecs._describe_shards(regclass) IS
$doc$Return, as JSON, by which column a table is distributed (null: each node has all rows), over how many shards, and of each node with some of them how many, of what size, and whether it can be reached.$doc$;

GRANT EXECUTE ON FUNCTION vecs._describe_shards(regclass) TO PUBLIC;
