-- claim_missing: lock the next rows of an adopted table that have no vector, to embed their texts.
-- Pages follow the key, as in scan(): from the beginning each time, all rows that have a vector by
-- now would be read again.
--% from 'macros/errors.sql' import reraise, when_dropped with context
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs.claim_missing(
    collection text,
    text_key text,
    after text DEFAULT NULL,
    page_size bigint DEFAULT 100
)
RETURNS TABLE (
    id text,
    content text
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $fn$
DECLARE
    v_collection record;
    v_fields jsonb;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._lock_collection(collection, 'write');
    v_collection := vecs._collection(collection);
    PERFORM vecs._check_page_size(page_size);
    IF text_key IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'text_key must not be null',
            HINT = 'Pass the name of the column with the texts, such as ''content''.';
    ELSIF v_collection.view_id IS NULL AND EXISTS (
        SELECT
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id AND a.attname = 'vec' AND NOT a.attnotnull
    ) THEN
        -- upsert_many() would replace the metadata, in which the text is.
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'collection "%s" is a table in which vectors may be NULL, but was not adopted',
                collection
            ),
            HINT = 'Move it to another schema, and make a collection of it with vecs.adopt().';
    END IF;

    PERFORM vecs._check_writable(v_collection.table_id);
    v_fields := vecs._fields(v_collection.view_id, NULL::jsonb);
    PERFORM vecs._check_field_path(v_fields, ARRAY[text_key]);
    PERFORM vecs._check_after(v_collection.view_id, v_fields, after);
    IF {{ shard_count('v_collection.table_id') | indent(4) }} IS NOT NULL THEN
        RETURN QUERY
        SELECT m.id, m.content
        FROM vecs._claim_on_shards(
            v_collection.relation, v_collection.table_id, v_fields -> 'key', text_key, after,
            coalesce(page_size, 100)
        ) AS m
        -- Other collections have no row without a vector.
        WHERE v_collection.view_id IS NOT NULL;
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT t.id::text, t.metadata ->> $3
        FROM %1$s AS t
        WHERE t.vec IS NULL AND t.metadata ->> $3 IS NOT NULL AND %2$s
        ORDER BY t.%3$I
        LIMIT $2
        FOR NO KEY UPDATE SKIP LOCKED
        $sql$,
        v_collection.relation,
        vecs._after_predicate(v_fields -> 'key', after IS NOT NULL),
        CASE WHEN v_collection.view_id IS NULL THEN 'id' ELSE '_id' END
    ) USING after, coalesce(page_size, 100), text_key;
EXCEPTION
    {{ reraise() | indent(4) }}
    {{ when_dropped('collection') | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.claim_missing(text, text, text, bigint) IS
$doc$Return the next rows of an adopted table that have a text and no vector, and lock them until the transaction ends.

Embed the texts and write the vectors with upsert_many() in the same transaction. Then repeat this in a new one with after => the last id, until no rows are returned. Outside a transaction block the locks are released at once. Rows that another transaction has locked are skipped, so several workers never embed a row twice. If a worker fails, its rows are left for the next run.

  BEGIN;
  SELECT * FROM vecs.claim_missing('items', 'content');
  SELECT vecs.upsert_many('items', '{1,2}', '{"[0.1,0.2,0.3]","[0.4,0.5,0.6]"}');
  COMMIT;

Parameters:
  collection  the collection
  text_key    the field, or key of the metadata column, that has the text; rows without it are left out
  after       return rows whose ids come after this one, in the key's order; NULL: from the beginning
  page_size   the maximum number of rows; NULL: 100

Errors: VS001 invalid_argument for NULL, for a page_size below 1, for a text_key that is no field of a table without a metadata column, and for an after that is no key; VS002 collection_not_found; VS008 unsupported for a table in the schema vecs in which vectors may be NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs.claim_missing(text, text, text, bigint) TO PUBLIC;
