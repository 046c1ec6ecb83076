-- _check_index: check what create_index() is asked for, and choose the precision.

CREATE OR REPLACE FUNCTION vecs._check_index(
    collection text,
    measure text,
    method text,
    arguments jsonb,
    filters jsonb,
    OUT index_precision text,
    OUT named jsonb,
    OUT predicate text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    PERFORM vecs._measure(measure);
    PERFORM vecs._check_index_arguments(measure, method, arguments);
    index_precision := vecs._check_indexable(
        collection, v_collection.element_type, v_collection.dimension, v_collection.table_id,
        v_collection.vec_column, v_collection.view_id IS NOT NULL, method, arguments
    );
    -- A column of halfvecs is as it is in either precision.
    named := CASE
        WHEN arguments ? 'precision'
            THEN arguments || jsonb_build_object('precision', index_precision)
        ELSE arguments
    END;
    IF filters IS NOT NULL THEN
        predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
        PERFORM vecs._check_partial(
            collection, v_collection.table_id, v_collection.view_id, index_precision
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_index(text, text, text, jsonb, jsonb) IS
$doc$Return the precision of an index, the arguments as they count, and the predicate of a partial index (filters is NULL for one over all rows).

Raises the errors of create_index() for what it cannot build.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_index(text, text, text, jsonb, jsonb) TO PUBLIC;
