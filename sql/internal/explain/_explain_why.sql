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
    v_expected text := format(
        'The filter is estimated to match %s%s rows',
        plan ->> 'expected_rows',
        CASE WHEN (plan ->> 'row_count')::numeric > 0 THEN
            format(' of %s', round((plan ->> 'row_count')::numeric))
        END
    );
    v_use_index boolean := (plan ->> 'use_index')::boolean;
BEGIN
    RETURN CASE
        WHEN top_k = 0 THEN 'top_k is 0, so there is nothing to search for.'
        WHEN strategy = 'exact' THEN 'strategy => ''exact'' asks for an exact search.'
        WHEN plan ->> 'method' IS NULL THEN
            format('No index covers %s, so all matching rows are compared.', measure)
        WHEN strategy = 'index' THEN 'strategy => ''index'' asks for the index first.'
        WHEN (plan ->> 'is_whole')::boolean AND v_use_index THEN
            'A partial index has just the rows that match, so it returns the nearest of them.'
        WHEN plan ->> 'expected_rows' IS NULL AND v_use_index THEN
            'There is no filter, so the index returns the nearest rows.'
        WHEN plan ->> 'expected_rows' IS NULL THEN
            'There is no filter. Comparing all rows takes less time than getting so many from the'
            ' index.'
        WHEN (plan ->> 'is_assumed')::boolean AND v_use_index THEN
            'Nothing tells how many rows match the filter. The vector index is tried first, in case'
            ' many do.'
        WHEN plan ->> 'candidates' IS NULL THEN
            format('%s. So few are compared one by one.', v_expected)
        ELSE format(
            '%s. %s',
            v_expected,
            format(
                CASE
                    WHEN v_use_index THEN
                        'Finding %1$s of them among the %2$s nearest rows with the index takes less'
                        ' time than comparing them all.'
                    ELSE
                        'Comparing them all takes less time than finding %1$s of them among the'
                        ' %2$s nearest rows with the index.'
                END,
                plan ->> 'rows_required', ceil((plan ->> 'candidates')::numeric)
            )
        )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._explain_why(jsonb, bigint, text, text) IS
$doc$Return in words why a search was planned as it was. plan has the variables of sql/macros/search.sql that the choice is made from.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_why(jsonb, bigint, text, text) TO PUBLIC;
