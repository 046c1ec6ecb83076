-- _collection: look up one collection by its name, or raise an error.
--% from 'macros/errors.sql' import collection_not_found with context

CREATE OR REPLACE FUNCTION vecs._collection(
    collection text,
    OUT table_id regclass,
    OUT relation text,
    OUT element_type text,
    OUT dimension integer,
    OUT pgvector text,
    OUT view_id regclass,
    OUT vec_column text,
    OUT id_column text,
    OUT metadata_column text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF collection IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'collection must not be null',
            HINT = 'Name a collection; vecs.list_collections() lists them.';
    END IF;

    SELECT
        c.table_id, format('vecs.%I', c.name), c.element_type, c.dimension, c.pgvector, c.view_id,
        c.vec_column, c.id_column, c.metadata_column
    INTO
        _collection.table_id, _collection.relation, _collection.element_type,
        _collection.dimension, _collection.pgvector, _collection.view_id,
        _collection.vec_column, _collection.id_column, _collection.metadata_column
    FROM vecs._collections(collection) AS c;

    IF NOT FOUND THEN
        {{ collection_not_found('collection') | indent(8) }}
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._collection(text) IS
$doc$Return one collection: the table that has its rows, the relation to read it from as SQL text, element type, dimension, and the other columns of _collections().

Raises VS001 invalid_argument for NULL and VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs._collection(text) TO PUBLIC;
