-- _check_rows: refuse rows that upsert_many() cannot write, and name the first of them.
--% from 'macros/errors.sql' import double_encoding_hint

CREATE OR REPLACE FUNCTION vecs._check_rows(
    ids text[],
    vecs vector[],
    metadata jsonb,
    dimension integer,
    element_type text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- pgvector's schema and a dot, cut from the qualified name of its type. Names are quoted where
    -- they need to be, or everywhere under quote_all_identifiers.
    v_pgvector text := rtrim(pg_typeof(_check_rows.vecs)::text, '"vector[]');
    v_fault record;
BEGIN
    IF ids IS NULL OR _check_rows.vecs IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                '%s must not be null', CASE WHEN ids IS NULL THEN 'ids' ELSE 'vecs' END
            ),
            HINT = 'Pass two arrays of the same length.';
    ELSIF cardinality(ids) <> cardinality(_check_rows.vecs) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                '%s ids for %s vectors', cardinality(ids), cardinality(_check_rows.vecs)
            ),
            HINT = 'The arrays ids and vecs must have the same length.';
    ELSIF jsonb_typeof(metadata) <> 'array' OR jsonb_array_length(metadata) <> cardinality(ids) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('metadata must be a JSON array of %s objects', cardinality(ids)),
            HINT = CASE
                WHEN jsonb_typeof(metadata) = 'string' THEN '{{ double_encoding_hint }}'
                ELSE 'Pass one object for each id, in the same order; null stands for {}.'
            END;
    ELSIF array_ndims(ids) > 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('ids is an array of %s dimensions', array_ndims(ids)),
            HINT = 'Pass a one-dimensional array, such as {a,b}.';
    ELSIF array_position(ids, NULL) IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('the id of row %s is null', array_position(ids, NULL)),
            HINT = 'Every row needs an id.';
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
        v_pgvector
    ) INTO v_fault USING _check_rows.vecs, nullif(_check_rows.dimension, -1);

    IF v_fault.position IS NOT NULL AND v_fault.dimension IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('the vector of id "%s" is null', left(ids[v_fault.position], 100)),
            HINT = 'Every row needs a vector.';
    ELSIF v_fault.position IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.dimension_mismatch.sqlstate }}',
            MESSAGE = format(
                'the vector of id "%s" has %s dimensions, not %s',
                left(ids[v_fault.position], 100), v_fault.dimension, _check_rows.dimension
            ),
            HINT = 'All vectors of a collection have its dimension:'
                ' use the model that it was created for.';
    END IF;

    IF element_type = 'halfvec' THEN
        v_fault := vecs._find_half_overflow(_check_rows.vecs);
        IF v_fault.row_no IS NOT NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
                MESSAGE = format(
                    'the vector of id "%s" does not fit into half precision',
                    left(ids[v_fault.row_no], 100)
                ),
                DETAIL = v_fault.why,
                HINT = 'A halfvec holds numbers from -65504 to 65504: scale the vectors, or use a'
                    ' collection with the element type vector.';
        END IF;
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
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'the metadata of id "%s" is a JSON %s, not an object',
                left(ids[v_fault.position], 100), v_fault.kind
            ),
            HINT = CASE
                WHEN metadata ->> (v_fault.position - 1) ~ '^[[:space:]]*[{]'
                    THEN '{{ double_encoding_hint }}'
                ELSE 'Pass an object such as {"year": 2012}, or null for none.'
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_rows(text[], vector[], jsonb, integer, text) IS
$doc$Raise VS001 invalid_argument or VS004 dimension_mismatch for rows that a collection of a given dimension and element type cannot hold. The message names the first one's id.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_rows(text[], vector[], jsonb, integer, text) TO PUBLIC;
