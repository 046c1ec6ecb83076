-- _reembed_vector_indexes: build on a shadow the vector indexes that a collection has.

CREATE OR REPLACE FUNCTION vecs._reembed_vector_indexes(
    collection text,
    shadow text,
    min_recall double precision
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_shadow record := vecs._collection(shadow);
    v_index record;
BEGIN
    FOR v_index IN
        SELECT v.index_id, v.measure, v.method, v.filters, v.index_precision
        FROM vecs._vector_indexes(v_collection.table_id, 'vec') AS v
        WHERE v.valid AND v.partition IS NULL
        ORDER BY v.filters IS NOT NULL, v.name
    LOOP
        RETURN NEXT vecs.create_index(
            shadow,
            v_index.measure,
            v_index.method,
            vecs._reembed_index_arguments(
                v_index.index_id, v_index.index_precision, v_shadow.element_type,
                v_shadow.dimension, min_recall
            ),
            true,
            true,
            coalesce(v_index.filters, '{}')
        );
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_vector_indexes(text, text, double precision) IS
$doc$Build on a shadow the vector indexes of a collection, with their method, measure, parameters, precision and filter; return their names.

Raises the errors of create_index().$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_vector_indexes(text, text, double precision) TO PUBLIC;
