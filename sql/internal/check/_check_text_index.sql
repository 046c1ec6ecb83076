-- _check_text_index: refuse invalid arguments of a text index.

CREATE OR REPLACE FUNCTION vecs._check_text_index(
    collection text,
    key text,
    config text
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_config text;
    v_closest text;
BEGIN
    IF coalesce(key, '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'key must not be null or empty',
            HINT = 'Name the key of the metadata that has the text.';
    END IF;

    IF v_collection.view_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format('an adopted table, such as "%s", has no text index', collection),
            HINT = 'Copy the rows that have to be searched for words into a collection.';
    END IF;
    SELECT c.oid::regconfig::text INTO v_config
    FROM pg_ts_config AS c
    WHERE config IN (c.cfgname, c.oid::regconfig::text, 'pg_catalog.' || c.cfgname)
    ORDER BY c.cfgnamespace <> 'pg_catalog'::regnamespace, c.oid
    LIMIT 1;
    IF v_config IS NULL THEN
        v_closest := vecs._closest_match(config, ARRAY(
            SELECT c.cfgname::text FROM pg_ts_config AS c ORDER BY c.cfgname
        ));
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('there is no text search configuration "%s"', left(config, 100)),
            HINT = coalesce('Did you mean "' || v_closest || '"? ', '')
                || 'SELECT cfgname FROM pg_ts_config lists them; simple is for any language.';
    END IF;
    IF (vecs._text_index(collection)).key IS NULL AND EXISTS (
        SELECT
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id AND a.attname = '_text' AND NOT a.attisdropped
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('the table of collection "%s" has a column "_text"', collection),
            HINT = 'A text index makes a column of this name: rename yours, or drop it.';
    END IF;
    RETURN v_config;
END
$fn$;

COMMENT ON FUNCTION vecs._check_text_index(text, text, text) IS
$doc$Return the name of a text search configuration, with its schema if that is not pg_catalog.

Raises VS001 invalid_argument for an empty key, for a configuration that does not exist, and if the table has a column "_text" of another kind; VS008 unsupported for an adopted table.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_text_index(text, text, text) TO PUBLIC;
