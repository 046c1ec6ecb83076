-- _explain_why: in words, why a search was planned as it was.

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
        'The filter is expected to match about %s of %s rows', plan ->> 'matches', v_rows
    );
BEGIN
    RETURN CASE
        WHEN top_k = 0 THEN 'top_k is 0: there is nothing to search for.'
        WHEN strategy = 'exact' THEN 'strategy => ''exact'' asks for an exact search.'
        WHEN plan ->> 'method' IS NULL THEN
            format('No index covers %s, so every row that matches is compared.', measure)
        WHEN strategy = 'index' THEN 'strategy => ''index'' asks to try the index first.'
        WHEN plan ->> 'matches' IS NULL AND plan ->> 'by_index' IS NOT NULL THEN
            'There is no filter: the index is asked for the nearest rows.'
        WHEN plan ->> 'matches' IS NULL THEN
            'There is no filter; to compare all rows takes less time than to ask the index for'
            ' so many.'
        WHEN (plan ->> 'matches')::numeric * 3 < (plan ->> 'work')::numeric
            AND (plan ->> 'matches')::numeric * 50 < (plan ->> 'row_count')::numeric
            AND plan ->> 'by_index' IS NOT NULL
        THEN
            'No index tells how many rows match the filter. The vector index is tried first, in'
            ' case that many do.'
        WHEN plan ->> 'candidates' IS NULL THEN
            format('%s: so few are compared one by one.', v_expected)
        WHEN plan ->> 'by_index' IS NULL THEN
            format(
                '%s, and comparing these takes less time than to look for %s of them among the'
                ' nearest %s rows by the index.',
                v_expected, top_k, ceil((plan ->> 'candidates')::numeric)
            )
        ELSE
            format(
                '%s, so that %s of them should be among the nearest %s rows by the index, which'
                ' takes less time than to read them all.',
                v_expected, top_k, ceil((plan ->> 'candidates')::numeric)
            )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._explain_why(jsonb, bigint, text, text) IS
$doc$In words, why a search was planned as it was; plan is what _search_plan() returns, as JSON.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_why(jsonb, bigint, text, text) TO PUBLIC;
