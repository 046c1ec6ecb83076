-- _check_search: say what is wrong with the arguments of a search.

CREATE OR REPLACE FUNCTION vecs._check_search(
    without_vector boolean,
    top_k integer,
    measure text,
    max_distance double precision,
    ef_search integer,
    probes integer,
    strategy text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF without_vector THEN
        PERFORM vecs._raise(
            'invalid_argument',
            'query_vec must not be null',
            'Pass a vector of the collection''s dimension, such as ''[0.1,0.2,0.3]''.'
        );
    ELSIF top_k < 0 THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('top_k must not be negative: %s', top_k),
            'Pass how many rows you want, 10 say.'
        );
    ELSIF max_distance = 'NaN' THEN
        PERFORM vecs._raise(
            'invalid_argument',
            'max_distance must not be NaN',
            'Pass a number, or NULL for no limit.'
        );
    ELSIF ef_search NOT BETWEEN 1 AND 1000 OR probes NOT BETWEEN 1 AND 32768 THEN
        PERFORM vecs._raise(
            'invalid_argument',
            CASE
                WHEN ef_search NOT BETWEEN 1 AND 1000
                    THEN format('ef_search must be between 1 and 1000, not %s', ef_search)
                ELSE format('probes must be between 1 and 32768, not %s', probes)
            END,
            'Leave it out, and the search chooses it.'
        );
    ELSIF strategy NOT IN ('auto', 'exact', 'index') THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('unknown strategy "%s"', strategy),
            'The strategies are auto, exact and index.'
        );
    END IF;

    PERFORM vecs._measure(coalesce(measure, 'cosine_distance'));
END
$fn$;

COMMENT ON FUNCTION vecs._check_search(boolean, integer, text, double precision, integer, integer, text) IS
$doc$Raise VS001 invalid_argument for an argument that a search can not take.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_search(boolean, integer, text, double precision, integer, integer, text) TO PUBLIC;
