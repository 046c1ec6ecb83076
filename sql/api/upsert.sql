-- upsert: insert or replace rows, from JSON records or one by its parts.
-- Both forms go through upsert_many.

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
    v_collection record := vecs._collection(collection);
    v_records jsonb := CASE jsonb_typeof(records)
        WHEN 'object' THEN jsonb_build_array(records) ELSE records
    END;
    v_written bigint;
BEGIN
    PERFORM vecs._check_records(v_records);

    BEGIN
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
    EXCEPTION
        -- A vector that pgvector can not read or store: say whose it is.
        WHEN data_exception OR program_limit_exceeded THEN
            PERFORM vecs._raise_bad_vector(
                v_records, to_regtype(v_collection.pgvector || v_collection.element_type)
            );
            RAISE;
    END;

    RETURN v_written;
END
$fn$;

COMMENT ON FUNCTION vecs.upsert(text, jsonb) IS
$doc$Insert rows given as JSON records, or replace those whose ids exist; returns how many rows were written.

Metadata is replaced, not merged. The same id twice in a call: the last wins. The whole call or nothing. For loads of many rows, upsert_many() is several times as fast. Needs the privileges INSERT, UPDATE and SELECT.

Parameters:
  collection  the collection
  records     an array of, or one, {"id": "a", "vec": [0.1, 0.2], "metadata": {"year": 2012}}; metadata may be absent or null, which stands for {}; vec may also be the text that fetch() shows, "[0.1,0.2]"

Errors: VS001 invalid_argument for records of another form, unknown keys, a missing id, a vector that can not be read (NaN, infinity, null, text in it) or that half precision can not hold, metadata that is not an object; VS002 collection_not_found; VS004 dimension_mismatch. They name the id of the row.$doc$;

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
BEGIN
    RETURN vecs.upsert_many(
        upsert.collection, ARRAY[upsert.id], ARRAY[upsert.vec], jsonb_build_array(upsert.metadata)
    );
END
$fn$;

COMMENT ON FUNCTION vecs.upsert(text, text, vector, jsonb) IS
$doc$Insert one row, or replace the one that has the id; returns 1.

Metadata is replaced, not merged. Needs the privileges INSERT, UPDATE and SELECT.

Parameters:
  collection  the collection
  id          the row's id
  vec         its vector, of the collection's dimension
  metadata    a JSON object; it replaces what was there

Errors: VS001 invalid_argument for a NULL id or vector, or metadata that is not an object; VS002 collection_not_found; VS004 dimension_mismatch.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert(text, text, vector, jsonb) TO PUBLIC;
