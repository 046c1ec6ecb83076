-- _check_dimension: refuse a query vector of another dimension than the collection's.

CREATE OR REPLACE FUNCTION vecs._check_dimension(
    query_vec vector,
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
    v_dimension integer := cardinality(query_vec::real[]);
BEGIN
    IF dimension > 0 AND v_dimension <> dimension THEN
        PERFORM vecs._raise(
            'dimension_mismatch',
            format(
                'the query vector has %s dimensions, collection "%s" has %s',
                v_dimension, collection, dimension
            ),
            'Search with vectors of the model that the collection was made for.'
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_dimension(vector, integer, text) IS
$doc$Raise VS004 dimension_mismatch for a query vector of another dimension than the collection's.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_dimension(vector, integer, text) TO PUBLIC;
