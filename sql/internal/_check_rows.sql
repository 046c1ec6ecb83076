-- _check_rows: refuse rows that upsert_many can not write, and name the first of them.

CREATE OR REPLACE FUNCTION vecs._check_rows(
    ids text[],
    vecs vector[],
    metadata jsonb,
    dimension integer
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
    IF ids IS NULL OR _check_rows.vecs IS NULL THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('%s must not be null', CASE WHEN ids IS NULL THEN 'ids' ELSE 'vecs' END),
            'Pass two arrays of the same length.'
        );
    ELSIF cardinality(ids) <> cardinality(_check_rows.vecs) THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('%s ids for %s vectors', cardinality(ids), cardinality(_check_rows.vecs)),
            'ids and vecs must be of the same length.'
        );
    ELSIF jsonb_typeof(metadata) <> 'array' OR jsonb_array_length(metadata) <> cardinality(ids) THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('metadata must be a JSON array of %s objects', cardinality(ids)),
            'Pass one object for each id, in the same order; null stands for {}.'
        );
    ELSIF array_ndims(ids) > 1 THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('ids have %s dimensions', array_ndims(ids)),
            'Pass one list of ids, such as {a,b}.'
        );
    ELSIF array_position(ids, NULL) IS NOT NULL THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('the id of row %s is null', array_position(ids, NULL)),
            'Every row needs an id.'
        );
    END IF;

    EXECUTE format(
        $sql$
        SELECT r.position, r.dimension
        FROM (
            SELECT
                generate_series(1, cardinality($1)) AS position,
                %1$svector_dims(unnest($1)) AS dimension
        ) AS r
        WHERE r.dimension IS NULL OR r.dimension <> $2
        LIMIT 1
        $sql$,
        left(pg_typeof(_check_rows.vecs)::text, -length('vector[]'))
    ) INTO v_fault USING _check_rows.vecs, nullif(_check_rows.dimension, -1);

    IF v_fault.position IS NOT NULL AND v_fault.dimension IS NULL THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('the vector of id "%s" is null', ids[v_fault.position]),
            'Every row needs a vector.'
        );
    ELSIF v_fault.position IS NOT NULL THEN
        PERFORM vecs._raise(
            'dimension_mismatch',
            format(
                'the vector of id "%s" has %s dimensions, not %s',
                ids[v_fault.position], v_fault.dimension, _check_rows.dimension
            ),
            'All vectors of a collection have its dimension; use the model that it was made for.'
        );
    END IF;

    SELECT m.position, m.kind INTO v_fault
    FROM (
        SELECT
            generate_series(1, cardinality(ids)) AS position,
            jsonb_typeof(jsonb_array_elements(metadata)) AS kind
    ) AS m
    WHERE m.kind NOT IN ('object', 'null')
    LIMIT 1;

    IF v_fault.position IS NOT NULL THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format(
                'the metadata of id "%s" is a JSON %s, not an object',
                ids[v_fault.position], v_fault.kind
            ),
            'Pass an object such as {"year": 2012}, or null for none.'
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_rows(text[], vector[], jsonb, integer) IS
$doc$Raise VS001 invalid_argument or VS004 dimension_mismatch for rows that can not be written; the message names the first one's id.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_rows(text[], vector[], jsonb, integer) TO PUBLIC;
