-- _text_rows: return the best rows for a text among those that match a filter.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._text_rows(
    collection text,
    configs regconfig[],
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
SET standard_conforming_strings = on
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_on_shards boolean := {{ shard_count('v_collection.table_id') | indent(4) }} IS NOT NULL;
    v_index record;
    v_predicate text;
    v_conditions text;
    v_document record;
    v_words record;
    v_terms tsquery[];
    v_frequencies bigint[];
    v_weights double precision[];
    v_statement text;
    v_estimate text;
    v_matches double precision;
    v_selectivity double precision := 1;
BEGIN
    IF filters <> '{}' THEN
        v_predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
    END IF;
    v_conditions := concat_ws(
        ' AND ',
        '(' || v_predicate || ')',
        -- Rows of an adopted table may have no vector.
        CASE WHEN needs_vec AND v_collection.view_id IS NOT NULL THEN 't.vec IS NOT NULL' END
    );
    v_index := vecs._text_index(collection);
    IF match = 'fuzzy' THEN
        IF v_index.is_generated THEN
            v_document := vecs._text_document(collection, v_index.key);
        END IF;
        IF v_index.is_generated IS NOT TRUE OR v_document.number <> ALL (
            vecs._generated_from(v_collection.table_id, v_index.column_name)
        ) THEN
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.unsupported.sqlstate }}',
                MESSAGE = format(
                    'the text index of collection "%s" is on words alone, without their texts',
                    collection
                ),
                HINT = 'A search with match => ''fuzzy'' compares texts: create the text index on'
                    ' the field that has them.';
        END IF;
        RETURN QUERY
        SELECT r.id, r.score
        FROM vecs._fuzzy_rows(
            v_collection.relation, v_conditions, v_document.content, query_text, wanted,
            v_collection.table_id
        ) AS r;
        RETURN;
    END IF;

    v_words := vecs._text_words(configs, query_text, match);
    IF v_words.lexemes = '{}' THEN
        RAISE NOTICE USING
            ERRCODE = '{{ errors.no_words.sqlstate }}',
            MESSAGE = format('there is no word to search for in "%s"', left(query_text, 100)),
            HINT = format(
                'The text search configuration %s leaves out punctuation and frequent words.',
                coalesce(v_index.config ->> 'default', v_index.config #>> '{}')
            );
        RETURN;
    ELSIF cardinality(configs) > 1 AND v_words.condition IS NOT NULL THEN
        -- What a row has to match is what its own language makes of the text.
        v_conditions := concat_ws(
            ' AND ',
            nullif(v_conditions, ''),
            format(
                't._text @@ CASE vecs._text_config(%s, %L::regconfig)%s END',
                (vecs._text_document(collection, v_index.config ->> 'key')).content,
                v_index.config ->> 'default',
                v_words.conditions
            )
        );
    END IF;

    SELECT array_agg(s.term), array_agg(s.frequency), array_agg(s.weight)
    INTO v_terms, v_frequencies, v_weights
    FROM (
        SELECT t.term, t.frequency, t.weight
        FROM vecs._text_terms(
            v_collection.relation, v_collection.table_id, v_index.column_name,
            v_words.lexemes[:{{ costs.text_words }}]
        ) AS t
        ORDER BY t.frequency, t.term
        LIMIT {{ costs.text_terms }}
    ) AS s;
    IF v_terms IS NULL THEN
        RETURN;
    END IF;
    IF v_predicate IS NOT NULL THEN
        IF v_on_shards THEN
            SELECT e.matches INTO v_matches
            FROM vecs._estimate_on_shards(
                v_collection.relation, v_predicate, v_collection.view_id IS NULL
            ) AS e;
        ELSE
            v_statement := format(
                'EXPLAIN SELECT FROM %s AS t WHERE %s', v_collection.relation, v_predicate
            );
            EXECUTE v_statement INTO v_estimate;
            v_matches := substring(v_estimate FROM '[.][.][0-9.]+ rows=([0-9]+) ');
        END IF;
        v_selectivity := least(
            1, greatest(1, v_matches) / greatest(1, vecs._estimated_rows(collection))
        );
    END IF;
    RETURN QUERY
    SELECT r.id, r.score
    FROM vecs._text_search(
        v_collection.relation, v_terms, v_frequencies, v_weights, v_words.condition,
        v_conditions,
        v_selectivity, wanted
    ) AS r;
END
$fn$;

COMMENT ON FUNCTION vecs._text_rows(text, regconfig[], text, text, jsonb, boolean, bigint) IS
$doc$Return the best rows for a text, as many as are wanted or all that match, in the order of _text_search(), for arguments that _check_text() has accepted and the configurations that it returned; with needs_vec only those that have a vector.

Raises VS001 invalid_argument for a text of too many words, VS005 invalid_filter, and the notice VSW06 if the text has no word that is indexed.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_rows(text, regconfig[], text, text, jsonb, boolean, bigint) TO PUBLIC;
