-- _text_terms: find out which words of a text to search for, and how many rows have each.
-- PostgreSQL's statistics know the most common words of the column, about a thousand, and no other
-- is in more rows than the rarest of these: such words are counted. The planner hides statistics
-- under row-level security; there all words are counted, in the rows that may be seen. Those of a
-- distributed collection are on its shards; there words are counted together, in one round trip.
-- Arguments: $1 the relation to read the collection from, as SQL; $2 its table; $3 the column of
-- this with the words; $4 the words to search for. They have no names: see _search_nearest().
--% from 'macros/shards.sql' import shard_count
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
SET standard_conforming_strings = on
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
    v_on_shards boolean := {{ shard_count('$2') | indent(4) }} IS NOT NULL;
    v_hides_rows boolean := row_security_active($2);
    -- Which words are to be counted, and in how many rows those are.
    v_numbers integer[];
    v_found bigint[];
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
    IF v_on_shards AND NOT v_hides_rows THEN
        SELECT w.row_count, w.frequencies INTO v_rows, v_counts
        FROM vecs._words_on_shards(
            relation,
            CASE WHEN relation::regclass = table_id THEN 'id' ELSE '_id' END,
            v_terms
        ) AS w;
    END IF;
    IF v_on_shards OR v_hides_rows THEN
        v_numbers := ARRAY(
            SELECT n.number
            FROM generate_series(1, cardinality(v_terms)) AS n (number)
            WHERE v_counts[n.number] IS NULL
            ORDER BY n.number
        );
        v_statement := format(
            'SELECT count(*), ARRAY[%s]::bigint[]'
            ' FROM (SELECT t._text || '''' AS words FROM %s AS t%s) AS t',
            (
                SELECT string_agg(
                    format('count(*) FILTER (WHERE t.words @@ $1[%s])', u.number), ', '
                    ORDER BY u.number
                )
                FROM unnest(v_numbers) AS u (number)
            ),
            relation,
            CASE WHEN v_rows IS NOT NULL THEN ' WHERE t._text @@ $2' END
        );
        IF v_numbers <> '{}' THEN
            EXECUTE v_statement
            INTO v_count, v_found
            USING v_terms, array_to_string(
                ARRAY(SELECT v_terms[u.number] FROM unnest(v_numbers) AS u (number)), ' | '
            )::tsquery;
        END IF;
        FOR v_number IN 1..cardinality(v_numbers) LOOP
            v_counts[v_numbers[v_number]] := CASE
                WHEN v_rows IS NULL THEN v_found[v_number]
                ELSE least(v_found[v_number], {{ costs.text_candidates }})
            END;
        END LOOP;
        v_rows := coalesce(v_rows, v_count);
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
