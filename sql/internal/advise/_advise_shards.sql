-- _advise_shards: what of the shards of a distributed collection would make it safer or faster.
-- Every search asks every shard. The statistics of the shards are looked at here: the coordinator
-- has none, and its table is empty. So nothing is found of how rows are stored, of shared_buffers
-- and of the pending lists of GIN indexes.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._advise_shards(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_shards integer := {{ shard_count('v_collection.table_id') | indent(4) }};
    v_described jsonb;
    v_statistics jsonb;
    v_used integer;
    v_nodes integer;
BEGIN
    IF v_shards IS NULL THEN
        RETURN;
    END IF;
    v_described := vecs._describe_shards(v_collection.table_id);
    RETURN QUERY
    SELECT
        'error',
        format(
            'the node %s, which has %s of the %s shards, cannot be reached: searches fail until it'
            ' is back',
            n.node, n.shards, v_shards
        ),
        'SELECT * FROM citus_check_cluster_node_health() WHERE NOT result;'
    FROM jsonb_to_recordset(v_described -> 'nodes') AS n (
        node text, shards integer, reachable boolean
    )
    WHERE n.reachable IS NOT TRUE
    ORDER BY n.node;
    IF FOUND THEN
        RETURN;
    END IF;

    v_statistics := coalesce(vecs._statistics_on_shards(v_collection.table_id), '{}');
    RETURN QUERY
    SELECT
        'warning',
        CASE
            WHEN s.shards > s.analyzed THEN format(
                '%s of the %s shards have no statistics, so that searches with a filter are planned'
                ' blindly',
                s.shards - s.analyzed, s.shards
            )
            ELSE format(
                'the statistics are of %s rows, and %s were written since', s.rows, s.written
            )
        END,
        format('ANALYZE %s;', v_collection.table_id)
    FROM jsonb_to_record(v_statistics) AS s (
        shards bigint, analyzed bigint, rows bigint, written bigint, changed boolean
    )
    WHERE s.shards > s.analyzed OR s.changed AND s.written > greatest(1000, 0.2 * s.rows);

    -- A table without a column to distribute it by is the same on each node.
    IF v_described ->> 'column' IS NULL
        OR (vecs._approximate_count(v_collection.table_id)).row_count
            <= {{ costs.always_exact }}
    THEN
        RETURN;
    END IF;
    v_used := jsonb_array_length(v_described -> 'nodes');
    EXECUTE $sql$
        SELECT count(*)
        FROM pg_catalog.pg_dist_node AS n
        WHERE n.noderole = 'primary' AND n.isactive AND n.shouldhaveshards
    $sql$ INTO v_nodes;
    v_nodes := greatest(v_nodes, v_used);
    IF v_shards > 2 * v_nodes OR v_used < least(2, v_nodes) THEN
        RETURN QUERY SELECT
            'hint',
            CASE
                WHEN v_shards > 2 * v_nodes THEN format(
                    'there are %s shards, and the cluster has %s that can hold some: each'
                    ' search asks every shard, and about one for each node is fastest. The rows are'
                    ' copied and the indexes built again',
                    v_shards, CASE v_nodes WHEN 1 THEN 'one node' ELSE v_nodes || ' nodes' END
                )
                ELSE format(
                    'all shards are on one of the %s nodes that can hold some', v_nodes
                )
            END,
            CASE
                WHEN v_shards BETWEEN v_nodes AND 2 * v_nodes THEN format(
                    'SELECT rebalance_table_shards(%L);', v_collection.table_id
                )
                WHEN v_collection.view_id IS NOT NULL THEN format(
                    'SELECT alter_distributed_table(%L, shard_count => %s, cascade_to_colocated =>'
                    ' false);',
                    v_collection.table_id, v_nodes
                )
                ELSE format('SELECT vecs.distribute(%L, %s);', collection, v_nodes)
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_shards(text) IS
$doc$Return what advise() finds of a distributed collection: nodes that cannot be reached (an error, beside which nothing else can be found), shards without statistics or with stale ones, and, of one with more than {{ costs.always_exact }} rows, more than twice as many shards as nodes, and shards on one of several nodes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_shards(text) TO PUBLIC;
