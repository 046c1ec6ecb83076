-- _check_search: refuse invalid arguments of a search.

CREATE OR REPLACE FUNCTION vecs._check_search(
    vector_is_null boolean,
    top_k bigint,
    skip bigint,
    measure text,
    max_distance double precision,
    ef_search bigint,
    probes bigint,
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
    IF vector_is_null THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'query_vec must not be null',
            HINT = 'Pass a vector of the collection''s dimension, such as ''[0.1,0.2,0.3]''.';
    ELSIF top_k < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('top_k must not be negative: %s', top_k),
            HINT = 'Pass the number of rows to return, such as 10.';
    ELSIF skip < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('skip must not be negative: %s', skip),
            HINT = 'Pass the number of rows to leave out, such as 10 for the second page of 10.';
    ELSIF max_distance = 'NaN' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'max_distance must not be NaN',
            HINT = 'Pass a number, or NULL for no limit.';
    ELSIF ef_search NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('ef_search must be between 1 and 1000, not %s', ef_search),
            HINT = 'Omit it to let the search choose it.';
    ELSIF probes NOT BETWEEN 1 AND 32768 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('probes must be between 1 and 32768, not %s', probes),
            HINT = 'Omit it to let the search choose it.';
    ELSIF strategy NOT IN ('auto', 'exact', 'index') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('unknown strategy "%s"', left(strategy, 100)),
            HINT = 'The strategies are auto, exact and index.';
    END IF;

    PERFORM vecs._measure(measure);
END
$fn$;

COMMENT ON FUNCTION vecs._check_search(boolean, bigint, bigint, text, double precision, bigint, bigint, text) IS
$doc$Raise VS001 invalid_argument for an invalid argument of a search.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_search(boolean, bigint, bigint, text, double precision, bigint, bigint, text) TO PUBLIC;
