-- drop_index: drop the vector indexes of a collection, or the one for a measure.
-- Takes ACCESS EXCLUSIVE on the collection's table for a moment.
--% from 'macros/errors.sql' import collection_not_found, reraise with context

CREATE OR REPLACE FUNCTION vecs.drop_index(
    collection text,
    measure text DEFAULT NULL
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_name text;
    v_schema text;
    v_detail text;
    v_hint text;
BEGIN
    IF measure IS NOT NULL THEN
        PERFORM vecs._collection(collection);
        PERFORM vecs._measure(measure);
    END IF;
    PERFORM vecs._lock_builds(collection);
    v_collection := vecs._collection(collection);

    FOR v_name, v_schema IN
        SELECT i.name, n.nspname
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        JOIN pg_class AS c ON c.oid = i.index_id
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE drop_index.measure IS NULL OR i.measure = drop_index.measure
    LOOP
        EXECUTE format($sql$DROP INDEX IF EXISTS %I.%I$sql$, v_schema, v_name);
        RETURN NEXT v_name;
    END LOOP;

    IF to_regclass(v_collection.relation) IS NULL THEN
        {{ collection_not_found('collection') | indent(8) }}
    ELSIF NOT FOUND AND measure IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_not_found.sqlstate }}',
            MESSAGE = format('collection "%s" has no index for %s', collection, measure),
            HINT = 'vecs.describe_collection() lists its indexes.';
    END IF;
EXCEPTION
    {{ reraise() | indent(4) }}
    WHEN undefined_object OR undefined_table THEN
        IF to_regclass(v_collection.relation) IS NOT NULL THEN
            RAISE;
        END IF;
        {{ collection_not_found('collection') | indent(8) }}
END
$fn$;

COMMENT ON FUNCTION vecs.drop_index(text, text) IS
$doc$Drop the vector index for a measure, or all vector indexes of a collection, and return the names of those dropped.

Keeps the indexes on the metadata.

Parameters:
  collection  the collection
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance; NULL: all indexes, if there are any

Errors: VS001 invalid_argument; VS002 collection_not_found; VS007 index_not_found if no index is for the measure.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_index(text, text) TO PUBLIC;
