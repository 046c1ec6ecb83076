-- _search_choice: whether a filtered search should begin with the index, and with how many
-- candidates. docs/strategy.md explains the formulas.

CREATE OR REPLACE FUNCTION vecs._search_choice(
    table_id regclass,
    estimate text,
    top_k bigint,
    strategy text,
    OUT matches double precision,
    OUT work double precision,
    OUT row_count double precision,
    OUT share double precision,
    OUT enough bigint,
    OUT candidates double precision,
    OUT by_index boolean
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- "Seq Scan on docs t  (cost=0.00..17161.00 rows=10000 width=0)"; the name of the table may
    -- have anything in it, also a line break, and then the numbers are on another line.
    v_numbers text := split_part(estimate, '(cost=', -1);
    v_matches text := split_part(split_part(v_numbers, 'rows=', 2), ' ', 1);
    v_cost text := split_part(split_part(v_numbers, '..', 2), ' ', 1);
BEGIN
    IF translate(v_matches || v_cost, '0123456789.', '') = '' THEN
        matches := nullif(v_matches, '');
        work := nullif(v_cost, '');
    END IF;
    matches := coalesce(matches, 1);
    work := greatest(
        matches,
        work / CASE
            WHEN starts_with(estimate, 'Seq Scan') OR starts_with(estimate, 'Gather')
                THEN {{ costs.planner_scan }}
            ELSE {{ costs.planner_index }}
        END
    );
    by_index := strategy = 'index';
    IF work <= {{ costs.few }} AND NOT by_index THEN
        RETURN;
    END IF;

    SELECT c.reltuples INTO row_count FROM pg_class AS c WHERE c.oid = table_id;
    -- An estimate far below what the planner means to read comes from no statistics.
    share := CASE
        WHEN row_count > 0 AND (matches * 3 >= work OR matches * 50 >= row_count)
            THEN least(1, greatest(matches, 1) / row_count)
        ELSE 0.15
    END;
    -- Some more than asked for, since the last of the candidates are not all the nearest.
    enough := top_k + top_k / 2;
    candidates := greatest(
        40 + 6 * least(top_k, 10), (enough + 1.5 * sqrt(enough) + 1) / share
    );
    -- The index has to be clearly cheaper: where the filter matches rows that lie elsewhere, it is
    -- asked in vain.
    by_index := by_index OR 1.5 * {{ costs.candidate }} * candidates <= work;
END
$fn$;

COMMENT ON FUNCTION vecs._search_choice(regclass, text, bigint, text) IS
$doc$Whether a filtered search should begin with the index, with how many candidates, and how many rows are enough of it; and what that was decided by: how many rows match, the work of an exact search, in rows, how many rows there are (-1: no statistics), and the share of the candidates that is expected to match. Where few rows match, only the first two.

estimate is the first line of EXPLAIN for the filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_choice(regclass, text, bigint, text) TO PUBLIC;
