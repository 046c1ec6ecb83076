-- _text_words: find out which words to search for, and what a row has to match.
--% import 'macros/text.sql' as text

CREATE OR REPLACE FUNCTION vecs._text_words(
    configs regconfig[],
    query_text text,
    match text,
    OUT lexemes text[],
    OUT condition tsquery,
    OUT conditions text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- Once for each language.
    IF cardinality(configs) > 1 THEN
        query_text := left(query_text, 10000);
    END IF;
    lexemes := ARRAY(
        SELECT u.lexeme
        FROM unnest(configs) AS c (config)
        CROSS JOIN LATERAL unnest(vecs._text_vector(c.config, query_text)) AS u
        GROUP BY u.lexeme
        ORDER BY min(u.positions[1]), u.lexeme
    );
    IF match <> 'any' AND cardinality(lexemes) > {{ costs.text_words }} THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'query_text has %s different words, more than {{ costs.text_words }}',
                cardinality(lexemes)
            ),
            HINT = 'With match => ''any'' a text of any length can be searched for.';
    -- PostgreSQL raises a notice of its own if there is no word.
    ELSIF match <> 'any' AND lexemes <> '{}' THEN
        SELECT
            string_agg(DISTINCT format('(%s)', q.words), ' | '),
            string_agg(format(' WHEN %L::regconfig THEN %L::tsquery', c.config, q.words), '')
        INTO condition, conditions
        FROM unnest(configs) AS c (config)
        CROSS JOIN LATERAL (
            SELECT CASE match
                WHEN 'web' THEN websearch_to_tsquery(c.config, query_text)::text
                ELSE (
                    SELECT string_agg({{ text.quoted('u.lexeme') }}, ' & ')
                    FROM unnest(vecs._text_vector(c.config, query_text)) AS u
                )
            END
            WHERE vecs._text_vector(c.config, query_text) <> ''
        ) AS q (words);
    END IF;
    IF match = 'web' THEN
        -- As text, each of its words is in quotes.
        lexemes := ARRAY(
            SELECT DISTINCT {{ text.unquoted('m.word[1]') }}
            FROM regexp_matches(
                -- Those after a minus sign are not searched for.
                regexp_replace(condition::text, '!''(?:[^'']|'''')+''', '', 'g'),
                '''((?:[^'']|'''')+)''',
                'g'
            ) AS m (word)
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._text_words(regconfig[], text, text) IS
$doc$Return the words of a text as its text search configurations reduce them, in the text's order; with match => 'all' or 'web' also what a row has to match, and for each configuration its own part of that, as the cases of a CASE by the configuration.

Raises VS001 invalid_argument for more than {{ costs.text_words }} words, unless a row may have any of them.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_words(regconfig[], text, text) TO PUBLIC;
