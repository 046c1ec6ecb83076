-- _check_text_index: refuse invalid arguments of a text index.

CREATE OR REPLACE FUNCTION vecs._check_text_index(
    collection text,
    key text,
    config text
)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_config jsonb;
    v_default text := config;
    v_language record;
    v_name text;
    v_closest text;
BEGIN
    IF coalesce(key, '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'key must not be null or empty',
            HINT = 'Name the key of the metadata that has the text.';
    END IF;

    IF starts_with(ltrim(config), '{') THEN
        BEGIN
            v_config := config::jsonb;
        EXCEPTION
            WHEN invalid_text_representation OR untranslatable_character THEN
                NULL;
        END;
        IF (
            v_config - '{key,default}'::text[] = '{}'
            AND jsonb_typeof(v_config -> 'key') = 'string'
            AND v_config ->> 'key' <> ''
            AND coalesce(jsonb_typeof(v_config -> 'default'), 'string') = 'string'
        ) IS NOT TRUE THEN
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
                MESSAGE = format(
                    'config must be a name, or an object with "key" and "default": %s',
                    left(config, 100)
                ),
                HINT = 'For rows in several languages: {"key": "lang", "default": "english"}.';
        END IF;
        v_default := coalesce(v_config ->> 'default', 'simple');
        v_language := vecs._text_document(collection, v_config ->> 'key');
        IF v_language.content IS NULL OR v_language.is_list OR v_language.fault IS NOT NULL
            AND (vecs._text_document(collection, key)).column_name IS NULL
        THEN
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.unsupported.sqlstate }}',
                MESSAGE = format(
                    '"%s" cannot be the key of the language: %s',
                    v_config ->> 'key', coalesce(v_language.fault, 'it has no single text')
                ),
                HINT = 'The words of a row are generated from a column of text with its language.';
        END IF;
    END IF;
    SELECT c.oid::regconfig::text INTO v_name
    FROM pg_ts_config AS c
    WHERE v_default IN (c.cfgname, c.oid::regconfig::text, 'pg_catalog.' || c.cfgname)
    ORDER BY c.cfgnamespace <> 'pg_catalog'::regnamespace, c.oid
    LIMIT 1;
    -- Or a code, such as de.
    v_name := coalesce(v_name, vecs._text_config(v_default, NULL::regconfig)::text);
    IF v_name IS NULL THEN
        v_closest := vecs._closest_match(v_default, ARRAY(
            SELECT c.cfgname::text FROM pg_ts_config AS c ORDER BY c.cfgname
        ));
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('there is no text search configuration "%s"', left(v_default, 100)),
            HINT = coalesce('Did you mean "' || v_closest || '"? ', '')
                || 'SELECT cfgname FROM pg_ts_config lists them; simple is for any language.';
    END IF;
    IF EXISTS (
        SELECT
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id
            AND a.attname = '_text'
            AND NOT a.attisdropped
            AND (
                a.attgenerated <> ''
                AND starts_with(col_description(a.attrelid, a.attnum), '{"key": ')
            ) IS NOT TRUE
            AND (
                v_collection.view_id IS NULL OR a.atttypid <> 'tsvector'::regtype OR key <> '_text'
            )
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('the table of collection "%s" has a column "_text"', collection),
            HINT = 'A text index makes a column of this name: rename yours, or drop it.';
    END IF;
    RETURN coalesce(v_config || jsonb_build_object('default', v_name), to_jsonb(v_name));
END
$fn$;

COMMENT ON FUNCTION vecs._check_text_index(text, text, text) IS
$doc$Return the configuration that _text_index() gives: the name of a text search configuration, with its schema if that is not pg_catalog, or an object with the key of each row's language and the name of the default.

Raises VS001 invalid_argument for an empty key, for a configuration that does not exist, and if the table has a column "_text" of another kind.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_text_index(text, text, text) TO PUBLIC;
