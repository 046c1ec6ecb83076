-- _words_on_shards: estimate how many rows of a distributed collection have each of some words.
-- The planners of the shards know the most common words of theirs, as that of a local table does.
-- What they say of a word that no row has is what they assume of all words that they do not know.
-- One statement asks for all words: the parts of a UNION ALL of the ids are parts of one plan, in
-- their order as long as no parallel worker takes one.
-- Arguments: $1 the relation to read the collection from, as SQL; $2 its column with the key; $3
-- the words. They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._words_on_shards(
    text,
    text,
    tsquery[],
    OUT row_count double precision,
    OUT frequencies bigint[]
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
        'EXPLAIN (FORMAT JSON) SELECT 1 FROM (SELECT t.%2$I FROM %1$s AS t%3$s) AS u',
        $1,
        $2,
        (
            SELECT string_agg(
                format(' UNION ALL SELECT t.%I FROM %s AS t WHERE t._text @@ %L', $2, $1, w.term),
                '' ORDER BY w.number
            )
            FROM unnest(''' '''::tsquery || $3) WITH ORDINALITY AS w (term, number)
        )
    );
    v_all_tasks constant text[] := '{citus.explain_all_tasks}';
    v_workers constant text[] := '{max_parallel_workers_per_gather}';
    v_tasks_before text[];
    v_workers_before text[];
    v_plan jsonb;
    -- Of all rows, of the word that no row has, and of each word that all shards know.
    v_estimates double precision[];
BEGIN
    -- The shards of a small collection differ much. To ask each takes a round trip.
    v_tasks_before := vecs._swap_settings(v_all_tasks, '{on}'::text[]);
    SELECT s.before INTO v_workers_before
    FROM vecs._swap_settings_on_shards(v_workers, '{0}'::text[]) AS s (before);
    EXECUTE v_statement INTO v_plan;
    SELECT s.before INTO v_workers_before
    FROM vecs._swap_settings_on_shards(v_workers, v_workers_before) AS s (before);
    PERFORM vecs._swap_settings(v_all_tasks, v_tasks_before);
    SELECT array_agg(s.estimate ORDER BY s.number) INTO v_estimates
    FROM (
        SELECT p.number, CASE
            WHEN p.number <= 2 OR bool_and(
                (p.part ->> 'Plan Rows')::double precision
                > (t.parts #>> '{1,Plan Rows}')::double precision
            ) THEN sum((p.part ->> 'Plan Rows')::double precision)
        END AS estimate
        FROM jsonb_path_query(
            v_plan,
            '$[0].Plan."Distributed Query".Job.Tasks[*]."Remote Plan"[0][0].Plan'
        ) AS e (plan)
        CROSS JOIN LATERAL jsonb_path_query_first(
            e.plan, 'strict $.** ? (@."Node Type" == "Append" && @."Parallel Aware" == false).Plans'
        ) AS t (parts)
        CROSS JOIN LATERAL jsonb_array_elements(t.parts) WITH ORDINALITY AS p (part, number)
        GROUP BY p.number
    ) AS s;
    -- A table that is distributed by another column than its key has another plan.
    IF cardinality(v_estimates) = cardinality($3) + 2 AND v_estimates[1] > 10000 THEN
        row_count := v_estimates[1];
        frequencies := v_estimates[3:]::bigint[];
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._words_on_shards(text, text, tsquery[]) IS
$doc$Return about how many rows a distributed collection has, and how many of them have each of some words, from the statistics of its shards; NULL for words that these do not know. No values for a small collection. Reads no row.$doc$;

GRANT EXECUTE ON FUNCTION vecs._words_on_shards(text, text, tsquery[]) TO PUBLIC;
