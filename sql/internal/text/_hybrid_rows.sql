-- _hybrid_rows: combine the rows nearest to a vector with the best ones for a text.
-- rrf: reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009) with the constant
-- {{ costs.rrf_k }} in place of their 60, which fits lists of thousands: docs/text.md has what was
-- measured. relative: both scores, from 0 for the last row of a search to 1 for its first.
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._hybrid_rows(
    collection text,
    configs regconfig[],
    query_vec vector,
    query_text text,
    filters jsonb,
    measure text,
    fusion text,
    weights double precision[],
    match text,
    ef_search bigint,
    probes bigint,
    strategy text,
    size bigint
)
RETURNS TABLE (
    id text,
    score double precision,
    distance double precision,
    text_score double precision,
    is_nearest boolean
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_statement text;
    v_ids text[];
    v_distances double precision[];
    v_texts text[];
    v_scores double precision[];
    v_others text[];
    v_farther double precision[];
BEGIN
    SELECT
        array_agg(q.id ORDER BY q.distance, q.id),
        array_agg(q.distance ORDER BY q.distance, q.id)
    INTO v_ids, v_distances
    FROM vecs.query(
        collection, query_vec, size, filters, measure, false, false, NULL::double precision,
        ef_search, probes, strategy, 0::bigint
    ) AS q;
    SELECT
        array_agg(r.id ORDER BY r.score DESC, r.id),
        array_agg(r.score ORDER BY r.score DESC, r.id)
    INTO v_texts, v_scores
    FROM vecs._text_rows(collection, configs, query_text, match, filters, true, size) AS r;
    -- How far the others are: of rows with the same score the nearest comes first.
    v_statement := format(
        $sql$
        SELECT array_agg(t.id::text), array_agg(t.vec OPERATOR(%s%s) $1)
        FROM %s AS t
        WHERE t.id = ANY ($2) AND t.id <> ALL ($3)
        $sql$,
        v_collection.pgvector,
        {{ search.operator() | indent(8) }},
        CASE
            WHEN v_collection.view_id IS NULL THEN v_collection.relation
            ELSE 'vecs.fetch($4, $2)'
        END
    );
    EXECUTE v_statement
    INTO v_others, v_farther
    USING query_vec, coalesce(v_texts, '{}'), coalesce(v_ids, '{}'), collection;
    RETURN QUERY
    SELECT
        coalesce(v.id, t.id),
        CASE fusion
            WHEN 'rrf' THEN
                coalesce(weights[1] / ({{ costs.rrf_k - 1 }} + v.rank), 0)
                + coalesce(weights[2] / ({{ costs.rrf_k - 1 }} + t.rank), 0)
            ELSE
                weights[1] * CASE
                    WHEN v.distance < 'Infinity' AND e.nearest > '-Infinity' THEN coalesce(
                        (e.farthest - v.distance) / nullif(e.farthest - e.nearest, 0), 1
                    )
                    WHEN v.distance = '-Infinity' THEN 1
                    ELSE 0
                END
                + weights[2] * coalesce(
                    (t.score - e.worst) / nullif(e.best - e.worst, 0), (t.score > 0)::integer, 0
                )
        END,
        coalesce(v.distance, o.distance),
        t.score,
        v.id IS NOT NULL
    FROM unnest(v_ids, v_distances) WITH ORDINALITY AS v (id, distance, rank)
    FULL JOIN unnest(v_texts, v_scores) WITH ORDINALITY AS t (id, score, rank) ON t.id = v.id
    LEFT JOIN unnest(v_others, v_farther) AS o (id, distance) ON o.id = t.id
    CROSS JOIN (
        SELECT
            v_distances[1] AS nearest,
            v_distances[
                cardinality(array_remove(array_remove(v_distances, 'NaN'), 'Infinity'))
            ] AS farthest,
            v_scores[1] AS best,
            v_scores[cardinality(v_scores)] AS worst
    ) AS e
    ORDER BY 2 DESC, 3, 1;
END
$fn$;

COMMENT ON FUNCTION vecs._hybrid_rows(text, regconfig[], vector, text, jsonb, text, text, double precision[], text, bigint, bigint, text, bigint) IS
$doc$Return the rows of two searches for so many rows each, by a vector and by a text, with their combined scores, best first, and whether the search by the vector found them. text_score is NULL for those which that by the text did not find. Arguments are those that hybrid_query() has accepted.$doc$;

GRANT EXECUTE ON FUNCTION vecs._hybrid_rows(text, regconfig[], vector, text, jsonb, text, text, double precision[], text, bigint, bigint, text, bigint) TO PUBLIC;
