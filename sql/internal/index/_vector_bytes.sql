-- _vector_bytes: tell how many bytes an index holds of a vector.

CREATE OR REPLACE FUNCTION vecs._vector_bytes(
    element_type text,
    index_precision text,
    dimension integer
)
RETURNS integer
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE
        WHEN _vector_bytes.index_precision = 'binary' THEN (_vector_bytes.dimension + 7) / 8
        WHEN 'half' IN (_vector_bytes.index_precision, left(_vector_bytes.element_type, 4))
            THEN 2 * _vector_bytes.dimension
        ELSE 4 * _vector_bytes.dimension
    END;
$fn$;

COMMENT ON FUNCTION vecs._vector_bytes(text, text, integer) IS
$doc$Return how many bytes an index of a precision (full, half, binary) holds of a vector of an element type and a dimension.$doc$;

GRANT EXECUTE ON FUNCTION vecs._vector_bytes(text, text, integer) TO PUBLIC;
