-- create_text_index: make the texts under one key of the metadata searchable by their words.
-- Takes ACCESS EXCLUSIVE on the collection's table, which is rewritten with its indexes. The words
-- of each text are stored beside it: to split the text anew would take a search ten times as long.
--% from 'macros/errors.sql' import reraise with context

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
    v_config jsonb;
    v_collection record;
    v_existing record;
    v_document record;
    v_made_of smallint[];
    v_comment jsonb;
    v_texts bigint;
    v_rows bigint := 0;
    v_build record;
    v_before text[];
    v_altered text[];
    v_name text;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._lock_builds(collection);
    v_config := vecs._check_text_index(collection, key, coalesce(config, 'english'));
    v_collection := vecs._collection(collection);
    v_existing := vecs._text_index(collection);
    v_document := vecs._text_document(collection, key);
    v_altered := vecs._swap_alter_settings(collection, NULL::text[]);
    v_made_of := ARRAY(
        SELECT v_document.number
        UNION
        SELECT d.number
        FROM vecs._text_document(collection, v_config ->> 'key') AS d
        WHERE v_config ->> 'key' IS NOT NULL
        ORDER BY 1
    );
    IF v_document.column_name IS NULL AND v_document.fault IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = v_document.fault,
            HINT = 'Add a column of type tsvector with the words, and name that as the key.';
    ELSIF v_existing.key = key
        AND v_existing.config = v_config
        AND v_existing.name IS NOT NULL
        AND (
            v_existing.column_name = v_document.column_name
            OR vecs._generated_from(v_collection.table_id, v_existing.column_name) = v_made_of
        )
    THEN
        PERFORM vecs._swap_alter_settings(collection, v_altered);
        RETURN v_existing.name;
    ELSIF v_existing.name IS NOT NULL AND create_text_index.replace IS FALSE THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_already_exists.sqlstate }}',
            MESSAGE = format(
                'collection "%s" has a text index, of the key "%s" with the configuration "%s"',
                collection, v_existing.key, v_existing.config #>> '{}'
            ),
            HINT = 'With replace => true it is replaced.';
    END IF;

    -- A search locks the view of an adopted table before the table.
    PERFORM vecs._lock_collection(collection, 'alter')
    WHERE v_document.column_name IS NULL OR v_existing.is_generated;
    PERFORM vecs.drop_text_index(collection);
    v_comment := jsonb_build_object('key', key, 'config', v_config);
    v_build := vecs._text_build_settings(collection);
    v_before := vecs._swap_settings(v_build.names, v_build.settings);
    PERFORM vecs._add_text_column(collection, v_document.words_of, v_comment, v_made_of)
    WHERE v_document.column_name IS NULL;
    v_name := vecs._build_text_index(
        v_collection.table_id, coalesce(v_document.column_name, '_text')
    );
    IF v_collection.view_id IS NOT NULL THEN
        PERFORM vecs._set_text_column(collection, coalesce(v_document.column_name, '_text'));
        EXECUTE format('COMMENT ON COLUMN %s._text IS %L', v_collection.relation, v_comment);
    END IF;
    PERFORM vecs._swap_settings(v_build.names, v_before);
    EXECUTE format(
        'SELECT count(*) FROM (SELECT 1 FROM %s AS t WHERE t._text <> '''' LIMIT 1) AS s',
        v_collection.relation
    ) INTO v_texts;
    IF v_texts = 0 THEN
        EXECUTE format(
            'SELECT count(*) FROM (SELECT 1 FROM %s AS t LIMIT 1) AS s', v_collection.relation
        ) INTO v_rows;
    END IF;
    IF v_rows > 0 THEN
        RAISE NOTICE USING
            ERRCODE = '{{ errors.no_texts.sqlstate }}',
            MESSAGE = format('no row of collection "%s" has a text under "%s"', collection, key),
            HINT = coalesce(
                'Rows have texts under '
                    || nullif(array_to_string(vecs._text_keys(collection), ', '), '') || '.',
                'Rows that are written later may have one.'
            );
    END IF;
    PERFORM vecs._refresh_statistics(v_collection.table_id);
    PERFORM vecs._swap_alter_settings(collection, v_altered);
    RETURN v_name;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.create_text_index(text, text, text, boolean) IS
$doc$Make the texts under one key of the metadata searchable by their words, for text_query() and hybrid_query(), and return the index's name.

The words of each text are stored in a column "_text" of the collection's table, which PostgreSQL keeps in step with the metadata, and a GIN index finds them. This rewrites the table and builds its indexes anew, with the memory that create_index() would take: on a large collection, create the text index before the vector index. Meanwhile the table is locked for readers and writers. Afterwards writing takes more time, since each text is split into words.

A collection has one text index. One of the same key and configuration is left as it is, and its name returned. A list is searched by its elements, a number by its digits. Only the first part of a text is indexed if its words take more than 1 MB. If no row has a text under the key, the notice VSW07 says so.

Of an adopted table the key is a field with text, or a key of the metadata column; the column "_text" is added to the table, whose owner alone can do that. The key may also name a column of type tsvector, which is searched as it is, and gets a GIN index unless it has one; config then is what its words were made with. A materialized view needs such a column. If columns were added to the table since it was adopted, adopt it again first.

If rows are in different languages, config names the key with the language of each: {"key": "lang", "default": "english"}. It may be a configuration of PostgreSQL such as german, or a code such as de or de-AT; the default is for all other values, simple if config names none. A query is then stemmed for every language, or for one only if the filter names it, such as {"lang": "de"}.

Chinese, Japanese, Thai and other languages without spaces between words: a run of characters up to the next space or mark is one word (where LC_CTYPE of the database is C, up to the next ASCII mark), so that only the whole run is found. A search with match => 'fuzzy' finds parts of it.

Parameters:
  collection  the collection
  key         the key of the metadata, literally
  config      a text search configuration of PostgreSQL, such as english, german or simple: it decides what a word is, how it is reduced, and which words are left out; or an object with the key of the language
  replace     whether to replace a text index of another key or configuration

Errors: VS001 invalid_argument for an empty key, one that an adopted table does not have, a configuration that does not exist, and if the table has a column "_text" that is not of a text index; VS002 collection_not_found; VS006 index_already_exists if there is another one and replace is false, and if another collection over the same table has one of another key; VS008 unsupported for a column of an adopted table whose words cannot be generated, for a key that cannot be that of the language, and if columns were added to an adopted table since it was adopted.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_text_index(text, text, text, boolean) TO PUBLIC;
