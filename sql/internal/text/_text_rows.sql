-- _text_rows: return the best rows for a text among those that match a filter.
--% import 'macros/text.sql' as text

CREATE OR REPLACE FUNCTION vecs._text_rows(
    collection text,
    config regconfig,
    query_text text,
    match text,
    filters jsonb,
    needs_vec boolean,
    wanted bigint
)
RETURNS TABLE (
    id text,
    score double precision
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_predicate text;
    v_condition tsquery;
    v_lexemes text[];
    v_terms tsquery[];
    v_frequencies bigint[];
    v_weights double precision[];
    v_statement text;
    v_estimate text;
    v_selectivity double precision := 1;
BEGIN
    IF filters <> '{}' THEN
        v_predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
    END IF;
    v_lexemes := ARRAY(
        SELECT u.lexeme
        FROM unnest(vecs._text_vector(config, query_text)) AS u
        ORDER BY u.positions[1], u.lexeme
    );
    -- PostgreSQL raises a notice of its own if there is none.
    IF match = 'web' AND v_lexemes <> '{}' AND cardinality(v_lexemes) <= {{ costs.text_words }} THEN
        v_condition := websearch_to_tsquery(config, query_text);
        -- As text, each of its words is in quotes.
        v_lexemes := ARRAY(
            SELECT DISTINCT {{ text.unquoted('m.word[1]') }}
            FROM regexp_matches(
                -- Those after a minus sign are not searched for.
                regexp_replace(v_condition::text, '!''(?:[^'']|'''')+''', '', 'g'),
                '''((?:[^'']|'''')+)''',
                'g'
            ) AS m (word)
        );
    END IF;
    IF v_lexemes = '{}' THEN
        RAISE NOTICE USING
            ERRCODE = '{{ errors.no_words.sqlstate }}',
            MESSAGE = format('there is no word to search for in "%s"', left(query_text, 100)),
            HINT = format(
                'The text search configuration %s leaves out punctuation and frequent words.',
                config
            );
        RETURN;
    END IF;

    IF match <> 'any' AND cardinality(v_lexemes) > {{ costs.text_words }} THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'query_text has %s different words, more than {{ costs.text_words }}',
                cardinality(v_lexemes)
            ),
            HINT = 'With match => ''any'' a text of any length can be searched for.';
    END IF;
    IF match = 'all' THEN
        v_condition := (
            SELECT string_agg({{ text.quoted('u.lexeme') }}, ' & ')
            FROM unnest(v_lexemes) AS u (lexeme)
        );
    END IF;

    SELECT array_agg(s.term), array_agg(s.frequency), array_agg(s.weight)
    INTO v_terms, v_frequencies, v_weights
    FROM (
        SELECT t.term, t.frequency, t.weight
        FROM vecs._text_terms(
            v_collection.relation, v_collection.table_id, v_lexemes[:{{ costs.text_words }}]
        ) AS t
        ORDER BY t.frequency, t.term
        LIMIT {{ costs.text_terms }}
    ) AS s;
    IF v_terms IS NULL THEN
        RETURN;
    END IF;
    IF v_predicate IS NOT NULL THEN
        v_statement := format(
            'EXPLAIN SELECT FROM %s AS t WHERE %s', v_collection.relation, v_predicate
        );
        EXECUTE v_statement INTO v_estimate;
        v_selectivity := least(1, greatest(
            1, substring(v_estimate FROM '[.][.][0-9.]+ rows=([0-9]+) ')::double precision
        ) / greatest(1, vecs._estimated_rows(collection)));
    END IF;
    RETURN QUERY
    SELECT r.id, r.score
    FROM vecs._text_search(
        v_collection.relation, v_terms, v_frequencies, v_weights, v_condition,
        concat_ws(
            ' AND ',
            '(' || v_predicate || ')',
            -- Rows of an adopted table may have no vector.
            CASE WHEN needs_vec AND v_collection.view_id IS NOT NULL THEN 't.vec IS NOT NULL' END
        ),
        v_selectivity, wanted
    ) AS r;
END
$fn$;

COMMENT ON FUNCTION vecs._text_rows(text, regconfig, text, text, jsonb, boolean, bigint) IS
$doc$Return the best rows for a text, as many as are wanted or all that match, in the order of _text_search(), for arguments that _check_text() has accepted and the configuration that it returned; with needs_vec only those that have a vector.

Raises VS001 invalid_argument for a text of too many words, VS005 invalid_filter, and the notice VSW06 if the text has no word that is indexed.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_rows(text, regconfig, text, text, jsonb, boolean, bigint) TO PUBLIC;
