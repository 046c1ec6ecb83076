-- _text_search: return the best rows for a text, by BM25 (Robertson and Zaragoza, The Probabilistic
-- Relevance Framework, 2009), with k1 = {{ costs.bm25_k1 }} and b = {{ costs.bm25_b }}.
--
-- How often a row has a word: ts_rank() of one word with weight 1 that is n times in a row is
-- (1 + 1/4 + ... + 1/n^2) / (pi^2 / 6); 1 / (1 - that) grows with n, and so 6 / pi^2 times it, less
-- what it is for n = 0, is n within .1. A row is as long as it has different words.
--
-- A search for any of the words does not score every row that has one: the rarest words decide. The
-- rows with one of the first few, which together are in up to {{ costs.text_candidates }} rows, are
-- scored; those with the next word come after them, if there are too few.
--
-- Arguments: $1 the relation to read the collection from, as SQL; $2 the words, the rarest first;
-- $3 how many rows have each; $4 its weight; $5 what rows have to match (NULL: any of the words);
-- $6 a further condition, as SQL (empty: none); $7 the share of the rows that match it; $8 the
-- number of rows wanted.
-- They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._text_search(
    text,
    tsquery[],
    bigint[],
    double precision[],
    tsquery,
    text,
    double precision,
    bigint
)
RETURNS TABLE (
    id text,
    score double precision
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
SET jit = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    terms ALIAS FOR $2;
    frequencies ALIAS FOR $3;
    weights ALIAS FOR $4;
    condition ALIAS FOR $5;
    selectivity ALIAS FOR $7;
    wanted ALIAS FOR $8;
    v_count integer := cardinality(terms);
    v_first integer := 1;
    v_last integer;
    v_statement text;
    v_score text;
    v_stage text;
    v_ids text[];
    v_scores double precision[];
    v_found bigint;
BEGIN
    IF condition IS NOT NULL THEN
        v_first := v_count;
    END IF;
    WHILE v_first < v_count AND selectivity * (
        SELECT sum(u.frequency) FROM unnest(frequencies[:v_first + 1]) AS u (frequency)
    ) <= {{ costs.text_candidates }} LOOP
        v_first := v_first + 1;
    END LOOP;
    v_last := v_first;
    SELECT
        string_agg(
            format(
                '$3[%1$s] * (1 - k.k / (k.k + (1 / (1 - ts_rank(''{1,1,1,1}'', c.words, $2[%1$s]))'
                ' - 1) / 1.6449340668))',
                n.number
            ),
            ' + ' ORDER BY n.number
        )
    INTO v_score
    FROM generate_series(1, v_count) AS n (number);

    LOOP
        -- Which words a row has says in which turn it comes, however many are wanted.
        v_stage := CASE
            WHEN v_first = v_last THEN '0'
            ELSE (
                SELECT format('CASE WHEN c.words @@ $4 THEN 0%s END', string_agg(
                    format(' WHEN c.words @@ $2[%1$s] THEN %1$s', n.number), '' ORDER BY n.number
                ))
                FROM generate_series(v_first + 1, v_last) AS n (number)
            )
        END;
        v_statement := format(
            $sql$
            WITH c AS MATERIALIZED (
                SELECT
                    t.id::text AS id,
                    t._text || '' AS words,
                    length(t._text)::double precision AS length
                FROM %s AS t
                WHERE t._text @@ $1%s
            ), s AS MATERIALIZED (
                SELECT
                    c.id,
                    {{ costs.bm25_k1 + 1 }} * (%s) AS score,
                    %s AS stage
                FROM c
                CROSS JOIN (
                    SELECT
                        greatest(coalesce(avg(c.length)%s, avg(c.length)), 1)::double precision
                            AS length
                    FROM c
                ) AS a
                CROSS JOIN LATERAL (
                    SELECT {{ costs.bm25_k1 }} * (
                        {{ 1 - costs.bm25_b }} + {{ costs.bm25_b }} * c.length / a.length
                    ) AS k
                    OFFSET 0
                ) AS k
            )
            SELECT
                array_agg(b.id ORDER BY b.stage, b.score DESC, b.id),
                array_agg(b.score ORDER BY b.stage, b.score DESC, b.id),
                (SELECT count(*) FROM s)
            FROM (
                SELECT s.* FROM s ORDER BY s.stage, s.score DESC, s.id LIMIT $5
            ) AS b
            $sql$,
            $1,
            ' AND ' || nullif($6, ''),
            v_score,
            v_stage,
            CASE WHEN v_first < v_last THEN ' FILTER (WHERE c.words @@ $4)' END
        );
        EXECUTE v_statement
        INTO v_ids, v_scores, v_found
        USING
            coalesce(condition, array_to_string(terms[:v_last], ' | ')::tsquery), terms, weights,
            coalesce(condition, array_to_string(terms[:v_first], ' | ')::tsquery), wanted;
        EXIT WHEN v_found >= wanted OR v_last = v_count;
        LOOP
            v_last := v_last + 1;
            EXIT WHEN v_last = v_count OR selectivity * (
                SELECT sum(u.frequency)
                FROM unnest(frequencies[v_first + 1:v_last]) AS u (frequency)
            ) >= 2 * (wanted - v_found)::double precision;
        END LOOP;
    END LOOP;
    RETURN QUERY SELECT u.id, u.score FROM unnest(v_ids, v_scores) AS u (id, score);
END
$fn$;

COMMENT ON FUNCTION vecs._text_search(text, tsquery[], bigint[], double precision[], tsquery, text, double precision, bigint) IS
$doc$Return the best rows for some words, with their scores. Rows come in turn by the words that they have, best first within a turn, so that the first rows do not depend on how many are wanted. There are as many as are wanted, or all that match.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_search(text, tsquery[], bigint[], double precision[], tsquery, text, double precision, bigint) TO PUBLIC;
