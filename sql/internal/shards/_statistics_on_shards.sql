-- _statistics_on_shards: add up what the nodes know of the rows of a distributed table.
-- Citus reads them over other connections. After DDL on the table in this transaction these would
-- wait for its locks, a deadlock that nothing detects. DDL assigns a transaction id on this node:
-- with one, nothing is asked.

CREATE OR REPLACE FUNCTION vecs._statistics_on_shards(
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
    v_statistics jsonb;
BEGIN
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE $sql$
        WITH shards AS (
            SELECT s.result::jsonb AS told
            FROM run_command_on_shards($1, $command$
                SELECT jsonb_build_object(
                    'rows', c.reltuples,
                    'written', pg_stat_get_mod_since_analyze(c.oid),
                    'dead', pg_stat_get_dead_tuples(c.oid),
                    'changed',
                        pg_relation_size(c.oid)
                            > 1.1 * c.relpages * current_setting('block_size')::bigint
                        OR pg_stat_get_dead_tuples(c.oid) > 0.1 * c.reltuples,
                    'partial', (
                        SELECT jsonb_object_agg(
                            pg_get_expr(i.indpred, i.indrelid), greatest(x.reltuples, 0)
                        )
                        FROM pg_index AS i
                        JOIN pg_class AS x ON x.oid = i.indexrelid
                        WHERE i.indrelid = c.oid AND i.indpred IS NOT NULL
                    )
                )
                FROM pg_class AS c
                WHERE c.oid = '%s'::regclass
            $command$) AS s
            WHERE s.success
        )
        SELECT jsonb_build_object(
            'shards', count(*),
            'rows', sum(greatest((s.told ->> 'rows')::double precision, 0)),
            'analyzed', count(*) FILTER (WHERE (s.told ->> 'rows')::double precision >= 0),
            'written', sum((s.told ->> 'written')::bigint),
            'dead', sum((s.told ->> 'dead')::bigint),
            'changed', bool_or((s.told ->> 'changed')::boolean),
            'partial', (
                SELECT jsonb_object_agg(p.predicate, p.rows)
                FROM (
                    SELECT e.key AS predicate, sum(e.value::bigint) AS rows
                    FROM shards AS t
                    CROSS JOIN jsonb_each_text(nullif(t.told -> 'partial', 'null')) AS e
                    GROUP BY e.key
                ) AS p
            )
        )
        FROM shards AS s
    $sql$ INTO v_statistics USING table_id;
    RETURN v_statistics;
END
$fn$;

COMMENT ON FUNCTION vecs._statistics_on_shards(regclass) IS
$doc$Return, as JSON, of a distributed table: how many shards could be asked, and of these the rows at the last ANALYZE or build, how many shards have been analyzed, the rows written since, the dead rows, whether a shard has grown since or has many of those, and the rows of partial indexes by their predicate. NULL in a transaction that has written.$doc$;

GRANT EXECUTE ON FUNCTION vecs._statistics_on_shards(regclass) TO PUBLIC;
