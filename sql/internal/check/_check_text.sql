-- _check_text: refuse invalid arguments of a text search.

CREATE OR REPLACE FUNCTION vecs._check_text(
    collection text,
    query_text text,
    match text,
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
    v_config jsonb := (vecs._text_index(collection)).config;
BEGIN
    IF v_config IS NULL THEN
        PERFORM vecs._collection(collection);
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_not_found.sqlstate }}',
            MESSAGE = format('collection "%s" has no text index', collection),
            HINT = format(
                'SELECT vecs.create_text_index(%L, %L); the second argument is the key with the'
                ' text.',
                collection, coalesce((vecs._text_keys(collection))[1], 'text')
            );
    ELSIF query_text IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'query_text must not be null',
            HINT = 'Pass the text to search for.';
    ELSIF match NOT IN ('any', 'all', 'web', 'fuzzy') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('match must be any, all, web or fuzzy, not "%s"', left(match, 100)),
            HINT = 'With web, "quotes" make a phrase, a minus sign leaves a word out, and or means'
                ' one of two; with fuzzy, words may be misspelt.';
    END IF;
    RETURN vecs._text_configs(v_config, filters);
END
$fn$;

COMMENT ON FUNCTION vecs._check_text(text, text, text, jsonb) IS
$doc$Return the text search configurations that a text is searched with under a filter, see _text_configs().

Raises VS002 collection_not_found, VS007 index_not_found if a collection has no text index, and VS001 invalid_argument for a NULL collection or text and an unknown match.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_text(text, text, text, jsonb) TO PUBLIC;
