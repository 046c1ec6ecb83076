-- _estimate_on_shards: ask the planners of the shards how many rows match.
-- The table on the coordinator is empty, and its planner says 100,000 rows for every filter. Where
-- rows are spread by a hash of their ids, one shard is like another, and asking it is enough.
-- Arguments: $1 the relation, as SQL; $2 the filter, as SQL; NULL: none; $3 whether the shards are
-- alike. They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._estimate_on_shards(
    text,
    text,
    boolean,
    OUT matches double precision,
    OUT cost double precision,
    OUT tasks integer
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
    v_all_tasks constant text[] := '{citus.explain_all_tasks}';
    v_before text[];
    v_plan jsonb;
    v_job jsonb;
BEGIN
    IF NOT $3 THEN
        v_before := vecs._swap_settings(v_all_tasks, '{on}'::text[]);
    END IF;
    EXECUTE v_statement INTO v_plan;
    IF NOT $3 THEN
        PERFORM vecs._swap_settings(v_all_tasks, v_before);
    END IF;
    v_job := v_plan #> '{0,Plan,Distributed Query,Job}';
    tasks := v_job ->> 'Task Count';
    SELECT
        avg(p.rows) * tasks,
        greatest(avg(p.rows), avg(p.cost)) * tasks
    INTO matches, cost
    FROM jsonb_array_elements(v_job -> 'Tasks') AS t (task)
    CROSS JOIN LATERAL (
        SELECT t.task #> '{Remote Plan,0,0,Plan}' AS plan
    ) AS r
    CROSS JOIN LATERAL (
        SELECT
            (r.plan ->> 'Plan Rows')::double precision AS rows,
            (r.plan ->> 'Total Cost')::double precision / CASE
                WHEN r.plan ->> 'Node Type' IN ('Seq Scan', 'Gather')
                    THEN {{ costs.planner_scan }}
                ELSE {{ costs.planner_index }}
            END AS cost
    ) AS p;
END
$fn$;

COMMENT ON FUNCTION vecs._estimate_on_shards(text, text, boolean) IS
$doc$Return about how many rows of a distributed table match a filter, what an exact search of them costs, in rows, and how many shards it asks. Reads no row.$doc$;

GRANT EXECUTE ON FUNCTION vecs._estimate_on_shards(text, text, boolean) TO PUBLIC;
