-- upsert: insert or replace rows, from JSON records or a single one by its parts.
-- (For the overload for halfvec see query.)
--% from 'macros/errors.sql' import reraise with context
--% from 'macros/write.sql' import write_rows

CREATE OR REPLACE FUNCTION vecs.upsert(
    collection text,
    records jsonb
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
    v_records jsonb := CASE jsonb_typeof(records)
        WHEN 'object' THEN jsonb_build_array(records) ELSE records
    END;
    v_unreadable record;
    v_written bigint;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    PERFORM vecs._check_records(v_records);
    EXECUTE format(
        $sql$
        SELECT vecs.upsert_many(
            $1,
            coalesce(array_agg(r.record ->> 'id' ORDER BY r.position), '{}'),
            coalesce(array_agg((r.record ->> 'vec')::%1$svector ORDER BY r.position), '{}'),
            coalesce(jsonb_agg(r.record -> 'metadata' ORDER BY r.position), '[]')
        )
        FROM jsonb_array_elements($2) WITH ORDINALITY AS r (record, position)
        $sql$,
        v_collection.pgvector
    ) INTO v_written USING collection, v_records;
    RETURN v_written;
EXCEPTION
    {{ reraise() | indent(4) }}
    -- pgvector cannot read a vector: tell which row's.
    WHEN data_exception OR program_limit_exceeded THEN
        v_unreadable := vecs._find_unreadable_vector(
            v_records, to_regtype(v_collection.pgvector || 'vector')
        );
        IF v_unreadable.row_no IS NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'the vector of id "%s" (record %s) cannot be read',
                left(v_unreadable.id, 100), v_unreadable.row_no
            ),
            DETAIL = v_unreadable.why,
            HINT = 'A vector is an array of finite numbers, such as [0.1, 0.2].';
END
$fn$;

COMMENT ON FUNCTION vecs.upsert(text, jsonb) IS
$doc$Insert rows given as JSON records, or replace those whose ids exist, and return the number of rows written.

Metadata is replaced, not merged. If an id occurs twice in a call, the last one wins. A call takes effect as a whole or not at all. To load many rows, use upsert_many(), which is several times as fast. Requires the privileges INSERT, UPDATE and SELECT.

Parameters:
  collection  the collection
  records     {"id": "a", "vec": [0.1, 0.2], "metadata": {"year": 2012}} or an array of such records; metadata may be absent or null, which stands for {}; vec may also be pgvector's text, "[0.1,0.2]"

Errors: VS001 invalid_argument for records of another form, unknown keys, a missing id or one that is too long for the primary key (about 2,700 bytes), a vector that cannot be read (NaN, infinity, null or text in it) or that half precision cannot hold, and metadata that is not an object; VS002 collection_not_found; VS004 dimension_mismatch. They name the id of the row.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert(text, jsonb) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.upsert(
    collection text,
    id text,
    vec vector,
    metadata jsonb DEFAULT '{}'
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_metadata jsonb := jsonb_build_array(upsert.metadata);
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection(collection, 'write');
        v_collection := vecs._collection(collection);
        PERFORM vecs._check_rows(
            ARRAY[upsert.id], ARRAY[upsert.vec], v_metadata,
            v_collection.dimension, v_collection.element_type
        );
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;

    {{ write_rows(
        'collection', 'ARRAY[upsert.id]', 'ARRAY[upsert.vec]', 'v_metadata'
    ) | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.upsert(text, text, vector, jsonb) IS
$doc$Insert one row, or replace the one that has the id, and return 1.

Metadata is replaced, not merged. Requires the privileges INSERT, UPDATE and SELECT.

Parameters:
  collection  the collection
  id          the row's id
  vec         its vector, of the collection's dimension
  metadata    a JSON object, which replaces the existing one

Errors: VS001 invalid_argument for a NULL id or vector, an id that is too long for the primary key, a number that half precision cannot hold, and metadata that is not an object; VS002 collection_not_found; VS004 dimension_mismatch.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert(text, text, vector, jsonb) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.upsert(
    information_schema.character_data,
    id text,
    vec halfvec,
    metadata jsonb DEFAULT '{}'
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_metadata jsonb := jsonb_build_array(upsert.metadata);
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection($1::text, 'write');
        v_collection := vecs._collection($1::text);
        PERFORM vecs._check_rows(
            ARRAY[upsert.id], vecs._halfvec_to_vector(ARRAY[upsert.vec]), v_metadata,
            v_collection.dimension, v_collection.element_type
        );
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;

    {{ write_rows(
        '$1::text', 'ARRAY[upsert.id]', 'vecs._halfvec_to_vector(ARRAY[upsert.vec])', 'v_metadata'
    ) | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.upsert(information_schema.character_data, text, halfvec, jsonb) IS
$doc$For a halfvec: insert one row, or replace the one that has the id, and return 1.

The collection's name must be passed by position.

Parameters:
  id          the row's id
  vec         its vector, of the collection's dimension
  metadata    a JSON object, which replaces the existing one

Errors: VS001, VS002, VS004, as upsert() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert(information_schema.character_data, text, halfvec, jsonb) TO PUBLIC;
