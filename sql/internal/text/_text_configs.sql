-- _text_configs: choose the text search configurations that a text is searched with.
-- Where a key says the language of each row, one of the text is not known: its words are searched
-- for as each language reduces them, unless the filter is for one language.

CREATE OR REPLACE FUNCTION vecs._text_configs(
    config jsonb,
    filters jsonb
)
RETURNS regconfig[]
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_name text := coalesce(config ->> 'default', config #>> '{}');
    v_config regconfig;
    v_language jsonb := filters -> (config ->> 'key');
BEGIN
    BEGIN
        v_config := v_name::regconfig;
    EXCEPTION
        WHEN undefined_object OR invalid_schema_name THEN
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.index_not_found.sqlstate }}',
                MESSAGE = format(
                    'the text search configuration "%s" of the text index does not exist any more',
                    v_name
                ),
                HINT = 'If it was renamed, create the index again, with the new name.';
    END;
    v_language := coalesce(v_language -> '$eq', v_language);
    RETURN CASE
        WHEN jsonb_typeof(config) = 'string' THEN ARRAY[v_config]
        WHEN jsonb_typeof(v_language) = 'string'
            THEN ARRAY[vecs._text_config(v_language, v_config)]
        ELSE ARRAY(
            SELECT v_config
            UNION
            SELECT vecs._text_config(c.cfgname::text, v_config)
            FROM pg_ts_config AS c
            WHERE c.cfgnamespace = 'pg_catalog'::regnamespace
        )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._text_configs(jsonb, jsonb) IS
$doc$Return the text search configurations that a text is searched with, under a filter. config is that of _text_index().

Raises VS007 index_not_found if the configuration of the index does not exist any more.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_configs(jsonb, jsonb) TO PUBLIC;
