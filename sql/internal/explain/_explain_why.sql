-- _explain_why: say in words why a search was planned as it was.

CREATE OR REPLACE FUNCTION vecs._explain_why(
    plan jsonb,
    top_k bigint,
    measure text,
    strategy text
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_rows text := CASE
        WHEN (plan ->> 'row_count')::numeric > 0 THEN plan ->> 'row_count'
        ELSE 'an unknown number of'
    END;
    v_expected text := format(
        'The filter is estimated to match %s of %s rows', plan ->> 'estimated_matches', v_rows
    );
BEGIN
    RETURN CASE
        WHEN top_k = 0 THEN 'top_k is 0, so there is nothing to search for.'
        WHEN strategy = 'exact' THEN 'strategy => ''exact'' asks for an exact search.'
        WHEN plan ->> 'method' IS NULL THEN
            format('No index covers %s, so all matching rows are compared.', measure)
        WHEN strategy = 'index' THEN 'strategy => ''index'' asks for the index first.'
        WHEN plan ->> 'estimated_matches' IS NULL AND plan ->> 'index_statement' IS NOT NULL THEN
            'There is no filter, so the index returns the nearest rows.'
        WHEN plan ->> 'estimated_matches' IS NULL THEN
            'There is no filter. Comparing all rows takes less time than getting so many from the'
            ' index.'
        WHEN (plan ->> 'estimated_matches')::numeric * 3 < (plan ->> 'exact_cost')::numeric
            AND (plan ->> 'estimated_matches')::numeric * 50 < (plan ->> 'row_count')::numeric
            AND plan ->> 'index_statement' IS NOT NULL
        THEN
            'Nothing tells how many rows match the filter. The vector index is tried first, in case'
            ' many do.'
        WHEN plan ->> 'candidates' IS NULL THEN
            format('%s. So few are compared one by one.', v_expected)
        WHEN plan ->> 'index_statement' IS NULL THEN
            format(
                '%s. Comparing them all takes less time than finding %s of them among the %s'
                ' nearest rows with the index.',
                v_expected, top_k, ceil((plan ->> 'candidates')::numeric)
            )
        ELSE
            format(
                '%s. Finding %s of them among the %s nearest rows with the index takes less time'
                ' than comparing them all.',
                v_expected, top_k, ceil((plan ->> 'candidates')::numeric)
            )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._explain_why(jsonb, bigint, text, text) IS
$doc$Return in words why a search was planned as it was. plan is what _search_plan() returns, as JSON.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_why(jsonb, bigint, text, text) TO PUBLIC;
