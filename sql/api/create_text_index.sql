-- create_text_index: make the texts under one key of the metadata searchable by their words.
-- Takes ACCESS EXCLUSIVE on the collection's table, which is rewritten with its indexes. The words
-- of each text are stored beside it: to split the text anew would take a search ten times as long.
--% from 'macros/errors.sql' import reraise

CREATE OR REPLACE FUNCTION vecs.create_text_index(
    collection text,
    key text,
    config text DEFAULT 'english',
    replace boolean DEFAULT true
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_config text;
    v_collection record;
    v_existing record;
    v_build record;
    v_before text[];
    v_name text;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._lock_builds(collection);
    v_config := vecs._check_text_index(collection, key, coalesce(config, 'english'));
    v_collection := vecs._collection(collection);
    v_existing := vecs._text_index(collection);
    IF v_existing.key = key AND v_existing.config = v_config AND v_existing.name IS NOT NULL THEN
        RETURN v_existing.name;
    ELSIF v_existing.key IS NOT NULL AND create_text_index.replace IS FALSE THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_already_exists.sqlstate }}',
            MESSAGE = format(
                'collection "%s" has a text index, of the key "%s" with the configuration "%s"',
                collection, v_existing.key, v_existing.config
            ),
            HINT = 'With replace => true it is replaced.';
    END IF;

    v_build := vecs._text_build_settings(collection);
    v_before := vecs._swap_settings(v_build.names, v_build.settings);
    EXECUTE format(
        'ALTER TABLE %s %s ADD COLUMN _text tsvector'
        ' GENERATED ALWAYS AS (vecs._text_vector(%L::regconfig, metadata -> %L)) STORED',
        v_collection.table_id,
        CASE WHEN v_existing.key IS NOT NULL THEN 'DROP COLUMN _text,' END,
        v_config,
        key
    );
    v_name := 'ix_text_' || md5(v_collection.table_id::oid::text);
    PERFORM vecs._build_index(v_name, v_collection.table_id, 'USING gin (_text)'::text);
    PERFORM vecs._swap_settings(v_build.names, v_before);
    EXECUTE format(
        'COMMENT ON COLUMN %s._text IS %L',
        v_collection.relation, jsonb_build_object('key', key, 'config', v_config)
    );
    PERFORM vecs._refresh_statistics(v_collection.table_id);
    RETURN v_name;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.create_text_index(text, text, text, boolean) IS
$doc$Make the texts under one key of the metadata searchable by their words, for text_query() and hybrid_query(), and return the index's name.

The words of each text are stored in a column "_text" of the collection's table, which PostgreSQL keeps in step with the metadata, and a GIN index finds them. This rewrites the table and builds its indexes anew, with the memory that create_index() would take: on a large collection, create the text index before the vector index. Meanwhile the table is locked for readers and writers. Afterwards writing takes more time, since each text is split into words.

A collection has one text index. One of the same key and configuration is left as it is, and its name returned. Of a number, or a list of strings, the words are those of its elements. A text of which the words take more than 1 MB is found by those of its first part.

A collection that is an adopted table cannot have one.

Chinese, Japanese, Korean, Thai and other languages without spaces between words: simple takes a run of characters up to the next space or mark for one word, so that only the whole run is found.

Parameters:
  collection  the collection
  key         the key of the metadata, literally
  config      a text search configuration of PostgreSQL, such as english, german or simple: it decides what a word is, how it is reduced, and which words are left out
  replace     whether to replace a text index of another key or configuration

Errors: VS001 invalid_argument for an empty key, a configuration that does not exist, and if the table has a column "_text" of another kind; VS002 collection_not_found; VS006 index_already_exists if there is another one and replace is false; VS008 unsupported for an adopted table.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_text_index(text, text, text, boolean) TO PUBLIC;
