-- _check_search: refuse arguments that a search cannot take.

CREATE OR REPLACE FUNCTION vecs._check_search(
    without_vector boolean,
    top_k bigint,
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
    IF without_vector THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'query_vec must not be null',
            HINT = 'Pass a vector of the collection''s dimension, such as ''[0.1,0.2,0.3]''.';
    ELSIF top_k < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('top_k must not be negative: %s', top_k),
            HINT = 'Pass how many rows you want, 10 say.';
    ELSIF max_distance = 'NaN' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'max_distance must not be NaN',
            HINT = 'Pass a number, or NULL for no limit.';
    ELSIF ef_search NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('ef_search must be between 1 and 1000, not %s', ef_search),
            HINT = 'Leave it out, and the search chooses it.';
    ELSIF probes NOT BETWEEN 1 AND 32768 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('probes must be between 1 and 32768, not %s', probes),
            HINT = 'Leave it out, and the search chooses it.';
    ELSIF strategy NOT IN ('auto', 'exact', 'index') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('unknown strategy "%s"', left(strategy, 100)),
            HINT = 'The strategies are auto, exact and index.';
    END IF;

    PERFORM vecs._measure(measure);
END
$fn$;

COMMENT ON FUNCTION vecs._check_search(boolean, bigint, text, double precision, bigint, bigint, text) IS
$doc$Raise VS001 invalid_argument for an argument that a search cannot take.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_search(boolean, bigint, text, double precision, bigint, bigint, text) TO PUBLIC;
