-- upsert_many: insert or replace many rows from arrays; the fast way.
-- (For the overload for halfvec see query.)
--% from 'macros/errors.sql' import reraise with context
--% from 'macros/write.sql' import write_rows

CREATE OR REPLACE FUNCTION vecs.upsert_many(
    collection text,
    ids text[],
    vecs vector[],
    metadata jsonb DEFAULT NULL
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection(collection, 'write');
        v_collection := vecs._collection(collection);
        PERFORM vecs._check_rows(
            ids, upsert_many.vecs, upsert_many.metadata,
            v_collection.dimension, v_collection.element_type
        );
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;

    {{ write_rows('collection', 'ids', 'upsert_many.vecs', 'upsert_many.metadata') | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.upsert_many(text, text[], vector[], jsonb) IS
$doc$Insert many rows, or replace those whose ids exist, and return the number of rows written.

The fast way to load: send arrays of 1,000 or 2,000 rows (about 1 MB) in each call, with the vectors in binary form if your client can. Metadata is replaced, not merged. If an id occurs twice in a call, the last one wins. A call takes effect as a whole or not at all. Requires the privileges INSERT, UPDATE and SELECT.

Parameters:
  collection  the collection
  ids         the ids
  vecs        as many vectors, of the collection's dimension
  metadata    a JSON array of as many objects; a null in it, or NULL for all, stands for {}

Errors: VS001 invalid_argument for arrays of different lengths, a NULL id or vector, an id that is too long for the primary key (about 2,700 bytes), a number that half precision cannot hold, and metadata that is not an object; VS002 collection_not_found; VS004 dimension_mismatch. They name the id of the row.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert_many(text, text[], vector[], jsonb) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.upsert_many(
    information_schema.character_data,
    ids text[],
    vecs halfvec[],
    metadata jsonb DEFAULT NULL
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection($1::text, 'write');
        v_collection := vecs._collection($1::text);
        PERFORM vecs._check_rows(
            ids, vecs._halfvec_to_vector(upsert_many.vecs), upsert_many.metadata,
            v_collection.dimension, v_collection.element_type
        );
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;

    {{ write_rows(
        '$1::text', 'ids', 'vecs._halfvec_to_vector(upsert_many.vecs)', 'upsert_many.metadata'
    ) | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.upsert_many(information_schema.character_data, text[], halfvec[], jsonb) IS
$doc$For halfvecs: insert many rows, or replace those whose ids exist, and return the number of rows written.

The collection's name must be passed by position.

Parameters:
  ids         the ids
  vecs        as many vectors, of the collection's dimension
  metadata    a JSON array of as many objects; a null in it, or NULL for all, stands for {}

Errors: VS001, VS002, VS004, as upsert_many() for vectors.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert_many(information_schema.character_data, text[], halfvec[], jsonb) TO PUBLIC;
