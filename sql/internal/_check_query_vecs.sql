-- _check_query_vecs: refuse vectors to search with that are NULL or of another dimension.

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
    v_vec record;
BEGIN
    IF query_vecs IS NULL THEN
        PERFORM vecs._raise(
            'invalid_argument',
            'query_vecs must not be null',
            'Pass an array of vectors; an empty one gives no rows.'
        );
    END IF;

    FOR v_vec IN
        SELECT u.vec, u.position
        FROM unnest(query_vecs) WITH ORDINALITY AS u (vec, position)
        WHERE u.vec IS NULL OR cardinality(u.vec::real[]) <> dimension
        ORDER BY u.position
        LIMIT 1
    LOOP
        IF v_vec.vec IS NULL THEN
            PERFORM vecs._raise(
                'invalid_argument',
                format('query_vecs has a null at position %s', v_vec.position),
                'Pass only vectors of the collection''s dimension.'
            );
        END IF;
        PERFORM vecs._check_dimension(v_vec.vec, dimension, collection);
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._check_query_vecs(vector[], integer, text) IS
$doc$Raise VS001 invalid_argument for NULL, also among the vectors to search with, VS004 dimension_mismatch for one of another dimension than the collection's.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_query_vecs(vector[], integer, text) TO PUBLIC;
