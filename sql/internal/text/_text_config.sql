-- _text_config: choose the text search configuration for a language.
-- Those that every supported version of PostgreSQL has, by their names and ISO 639-1 codes.
-- Columns depend on these functions: their parameters stay as they are.

--% set languages = {
    'ar': 'arabic', 'ca': 'catalan', 'da': 'danish', 'de': 'german', 'el': 'greek',
    'en': 'english', 'es': 'spanish', 'eu': 'basque', 'fi': 'finnish', 'fr': 'french',
    'ga': 'irish', 'hi': 'hindi', 'hu': 'hungarian', 'hy': 'armenian', 'id': 'indonesian',
    'it': 'italian', 'lt': 'lithuanian', 'nb': 'norwegian', 'ne': 'nepali', 'nl': 'dutch',
    'nn': 'norwegian', 'no': 'norwegian', 'pt': 'portuguese', 'ro': 'romanian', 'ru': 'russian',
    'sr': 'serbian', 'sv': 'swedish', 'ta': 'tamil', 'tr': 'turkish', 'yi': 'yiddish',
}

CREATE OR REPLACE FUNCTION vecs._text_config(
    language text,
    otherwise regconfig
)
RETURNS regconfig
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- Whatever collation a column has.
    v_language text := lower(substring(language COLLATE "C" FROM '[A-Za-z]+'));
BEGIN
    RETURN coalesce(
        (
            SELECT c.oid::regconfig
            FROM pg_ts_config AS c
            WHERE c.cfgnamespace = 'pg_catalog'::regnamespace
                AND c.cfgname = CASE v_language
--% for code, name in languages | dictsort
                    WHEN '{{ code }}' THEN '{{ name }}'
--% endfor
                    ELSE v_language
                END
                AND c.cfgname = ANY (
                    '{simple,{{ languages.values() | unique | sort | join(",") }}}'
                )
        ),
        otherwise
    );
END
$fn$;

COMMENT ON FUNCTION vecs._text_config(text, regconfig) IS
$doc$Return the text search configuration for a language, such as "english", "en" or "en-GB"; otherwise for any other text, and for NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_config(text, regconfig) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs._text_config(
    tag jsonb,
    fallback regconfig
)
RETURNS regconfig
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT vecs._text_config(tag #>> '{}', fallback);
$fn$;

COMMENT ON FUNCTION vecs._text_config(jsonb, regconfig) IS
$doc$Return the same for a value of the metadata.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_config(jsonb, regconfig) TO PUBLIC;
