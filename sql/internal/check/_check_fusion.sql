-- _check_fusion: refuse invalid arguments of a hybrid search.

CREATE OR REPLACE FUNCTION vecs._check_fusion(
    fusion text,
    weights double precision[],
    candidates bigint
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF fusion NOT IN ('rrf', 'relative') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('fusion must be rrf or relative, not "%s"', left(fusion, 100)),
            HINT = 'The first combines the ranks of both searches, the second their scores.';
    ELSIF cardinality(weights) = 2
        AND array_ndims(weights) = 1
        AND array_position(weights, NULL) IS NULL
        AND least(weights[1], weights[2]) >= 0
        AND greatest(weights[1], weights[2]) BETWEEN 1e-100 AND 1e100
    THEN
        NULL;
    ELSE
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'weights must be two numbers that are not negative, and not both 0: %s',
                left(weights::text, 100)
            ),
            HINT = 'The first is the weight of the vector, the second that of the text:'
                ' ''{1,0.5}''.';
    END IF;
    IF candidates < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('candidates must be at least 1: %s', candidates),
            HINT = 'Pass the number of rows that each of the two searches contributes; NULL chooses'
                ' it.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_fusion(text, double precision[], bigint) IS
$doc$Raise VS001 invalid_argument for an unknown fusion, invalid weights, and a number of candidates below 1.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_fusion(text, double precision[], bigint) TO PUBLIC;
