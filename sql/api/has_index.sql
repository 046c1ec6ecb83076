-- has_index: test whether a valid vector index covers a measure.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.has_index(
    collection text,
    measure text
)
RETURNS boolean
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._measure(measure);
    RETURN EXISTS (
        SELECT
        FROM vecs._collection(collection) AS c
        CROSS JOIN LATERAL vecs._vector_indexes(c.table_id, c.vec_column) AS i
        WHERE i.measure = has_index.measure AND i.valid AND i.filters IS NULL
    );
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.has_index(text, text) IS
$doc$Return whether a collection has a valid vector index that covers a measure.

Parameters:
  collection  the collection
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance

Errors: VS001 invalid_argument; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.has_index(text, text) TO PUBLIC;
