-- _search_strategy: choose between the index and an exact search for a filtered search.
-- docs/strategy.md explains the formulas. Searches without a filter, and those that need no
-- estimate, are decided in vecs._search_plan and vecs.query; vecs._search_target looks up the
-- covering index.

CREATE OR REPLACE FUNCTION vecs._search_strategy(
    table_id regclass,
    estimate text,
    top_k bigint,
    strategy text,
    OUT estimated_matches double precision,
    OUT exact_cost double precision,
    OUT row_count double precision,
    OUT selectivity double precision,
    OUT rows_required bigint,
    OUT candidates double precision,
    OUT use_index boolean
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- "Seq Scan on docs t  (cost=0.00..17161.00 rows=10000 width=0)". If the table's name has a
    -- line break, the numbers are on another line and there is no estimate.
    v_numbers text := split_part(estimate, '(cost=', -1);
    v_matches text := split_part(split_part(v_numbers, 'rows=', 2), ' ', 1);
    v_cost text := split_part(split_part(v_numbers, '..', 2), ' ', 1);
BEGIN
    IF translate(v_matches || v_cost, '0123456789.', '') = '' THEN
        estimated_matches := nullif(v_matches, '');
        exact_cost := nullif(v_cost, '');
    END IF;
    estimated_matches := coalesce(estimated_matches, 1);
    exact_cost := greatest(
        estimated_matches,
        exact_cost / CASE
            WHEN starts_with(estimate, 'Seq Scan') OR starts_with(estimate, 'Gather')
                THEN {{ costs.planner_scan }}
            ELSE {{ costs.planner_index }}
        END
    );
    use_index := strategy = 'index';
    IF exact_cost <= {{ costs.always_exact }} AND NOT use_index THEN
        RETURN;
    END IF;

    SELECT c.reltuples INTO row_count FROM pg_class AS c WHERE c.oid = table_id;
    -- An estimate far below what the planner would read is a default, not from statistics.
    selectivity := CASE
        WHEN row_count > 0
            AND (estimated_matches * 3 >= exact_cost OR estimated_matches * 50 >= row_count)
            THEN least(1, greatest(estimated_matches, 1) / row_count)
        ELSE 0.15
    END;
    -- Over-fetch: the farthest candidates are not reliably the nearest rows.
    rows_required := top_k + top_k / 2;
    candidates := greatest(
        40 + 6 * least(top_k, 10), (rows_required + 1.5 * sqrt(rows_required) + 1) / selectivity
    );
    -- The index must be clearly cheaper, since it may come back short.
    use_index := use_index OR 1.5 * {{ costs.candidate }} * candidates <= exact_cost;
END
$fn$;

COMMENT ON FUNCTION vecs._search_strategy(regclass, text, bigint, text) IS
$doc$Choose whether a filtered search begins with the index, with how many candidates, and how many rows it must find (rows_required).

estimate is the first line of EXPLAIN for the filter. The choice follows from the number of matching rows (estimated_matches), the cost of an exact search in rows (exact_cost), the number of rows (row_count, -1: no statistics) and the expected share of candidates that match (selectivity). If few rows match, only estimated_matches and exact_cost are set.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_strategy(regclass, text, bigint, text) TO PUBLIC;
