-- _check_query_vecs: refuse query vectors that are NULL or of another dimension.
--% from 'macros/errors.sql' import dimension_mismatch with context

CREATE OR REPLACE FUNCTION vecs._check_query_vecs(
    query_vecs vector[],
    dimension integer,
    collection text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_fault record;
BEGIN
    IF query_vecs IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'query_vecs must not be null',
            HINT = 'Pass an array of vectors; an empty one gives no rows.';
    END IF;

    SELECT u.position, cardinality(u.vec::real[]) AS dimension INTO v_fault
    FROM unnest(query_vecs) WITH ORDINALITY AS u (vec, position)
    WHERE u.vec IS NULL
        OR (
            _check_query_vecs.dimension > 0
            AND cardinality(u.vec::real[]) <> _check_query_vecs.dimension
        )
    ORDER BY u.position
    LIMIT 1;

    IF v_fault.position IS NOT NULL AND v_fault.dimension IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('query_vecs has a null at position %s', v_fault.position),
            HINT = 'Pass only vectors of the collection''s dimension.';
    ELSIF v_fault.position IS NOT NULL THEN
        {{ dimension_mismatch('v_fault.dimension', 'dimension', 'collection') | indent(8) }}
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_query_vecs(vector[], integer, text) IS
$doc$Raise VS001 invalid_argument for NULL, also among the query vectors, and VS004 dimension_mismatch for one whose dimension is not the collection's.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_query_vecs(vector[], integer, text) TO PUBLIC;
