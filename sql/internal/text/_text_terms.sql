-- _text_terms: find out which words of a text to search for, and how many rows have each.
-- PostgreSQL's statistics know the most common words of the column, about a thousand, and no other
-- is in more rows than the rarest of these: such words are counted. The planner hides statistics
-- under row-level security; there all words are counted, in the rows that may be seen.
-- Arguments: $1 the relation to read the collection from, as SQL; $2 its table; $3 the column of
-- this with the words; $4 the words to search for. They have no names: see _search_nearest().
--% import 'macros/text.sql' as text

CREATE OR REPLACE FUNCTION vecs._text_terms(
    text,
    regclass,
    text,
    text[]
)
RETURNS TABLE (
    term tsquery,
    frequency bigint,
    weight double precision
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    relation ALIAS FOR $1;
    table_id ALIAS FOR $2;
    column_name ALIAS FOR $3;
    lexemes ALIAS FOR $4;
    v_rows double precision;
    v_terms tsquery[] := ARRAY(
        SELECT {{ text.quoted('u.lexeme') }}::tsquery
        FROM unnest(lexemes) WITH ORDINALITY AS u (lexeme, position)
        ORDER BY u.position
    );
    -- The most common words of the column, and in what share of the rows they are.
    v_common text[];
    v_shares real[];
    v_schema text;
    v_table text;
    v_is_partitioned boolean;
    v_statement text;
    v_counts bigint[];
    v_count bigint;
BEGIN
    IF row_security_active(table_id) THEN
        v_statement := format(
            'SELECT count(*), ARRAY[%s] FROM (SELECT t._text || '''' AS words FROM %s AS t) AS t',
            (
                SELECT string_agg(
                    format('count(*) FILTER (WHERE t.words @@ $1[%s])', n.number), ', '
                    ORDER BY n.number
                )
                FROM generate_series(1, cardinality(v_terms)) AS n (number)
            ),
            relation
        );
        EXECUTE v_statement INTO v_rows, v_counts USING v_terms;
    ELSE
        v_rows := (vecs._approximate_count(table_id)).row_count;
        SELECT n.nspname, c.relname, c.relkind = 'p'
        INTO v_schema, v_table, v_is_partitioned
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = table_id;
        SELECT p.most_common_elems::text::text[], p.most_common_elem_freqs
        INTO v_common, v_shares
        FROM pg_stats AS p
        WHERE p.schemaname = v_schema
            AND p.tablename = v_table
            AND p.attname = column_name COLLATE "C"
            AND p.inherited = v_is_partitioned;
        FOR v_number IN 1..cardinality(lexemes) LOOP
            -- 0 if many rows have been deleted since.
            v_count := nullif(
                round(v_rows * v_shares[array_position(v_common, lexemes[v_number])]), 0
            );
            IF v_count IS NULL THEN
                EXECUTE format(
                    'SELECT count(*) FROM (SELECT FROM %s AS t WHERE t._text @@ $1 LIMIT $2) AS s',
                    relation
                ) INTO v_count USING v_terms[v_number], {{ costs.text_candidates }};
            END IF;
            v_counts[v_number] := v_count;
        END LOOP;
    END IF;
    RETURN QUERY
    SELECT u.term, u.frequency, ln(1 + (r.row_count - u.frequency + 0.5) / (u.frequency + 0.5))
    FROM unnest(v_terms, v_counts) AS u (term, frequency)
    CROSS JOIN LATERAL (SELECT greatest(v_rows, u.frequency)) AS r (row_count)
    WHERE u.frequency > 0;
END
$fn$;

COMMENT ON FUNCTION vecs._text_terms(text, regclass, text, text[]) IS
$doc$Return those of some lexemes that rows of a collection have: each as a query, the number of rows that have it (of a word that statistics do not know up to {{ costs.text_candidates }}), and its weight in BM25, ln(1 + (N - n + 0.5) / (n + 0.5)).$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_terms(text, regclass, text, text[]) TO PUBLIC;
