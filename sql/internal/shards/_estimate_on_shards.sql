-- _estimate_on_shards: ask the planner of one shard how many rows match, and multiply.
-- On the coordinator the table is empty, and its planner says 100,000 rows for every filter. Rows
-- are dealt to the shards by a hash, so that one is like another.
-- Arguments: $1 the relation, as SQL; $2 the filter, as SQL; NULL: none.
-- They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._estimate_on_shards(
    text,
    text,
    OUT matches double precision,
    OUT cost double precision
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $fn$
DECLARE
    v_statement text := format(
        'EXPLAIN (FORMAT JSON) SELECT FROM %s AS t%s', $1, ' WHERE ' || $2
    );
    v_plan jsonb;
    v_job jsonb;
    v_tasks double precision;
BEGIN
    EXECUTE v_statement INTO v_plan;
    v_job := v_plan #> '{0,Plan,Distributed Query,Job}';
    v_plan := v_job #> '{Tasks,0,Remote Plan,0,0,Plan}';
    v_tasks := v_job ->> 'Task Count';
    matches := v_tasks * (v_plan ->> 'Plan Rows')::double precision;
    cost := greatest(
        matches,
        v_tasks * (v_plan ->> 'Total Cost')::double precision / CASE
            WHEN v_plan ->> 'Node Type' IN ('Seq Scan', 'Gather') THEN {{ costs.planner_scan }}
            ELSE {{ costs.planner_index }}
        END
    );
END
$fn$;

COMMENT ON FUNCTION vecs._estimate_on_shards(text, text) IS
$doc$Return about how many rows of a distributed table match a filter, and what an exact search of them costs, in rows. Reads no row.$doc$;

GRANT EXECUTE ON FUNCTION vecs._estimate_on_shards(text, text) TO PUBLIC;
