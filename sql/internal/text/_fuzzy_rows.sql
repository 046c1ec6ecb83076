-- _fuzzy_rows: return the rows whose text has words like those of a text.
-- Two ways to compare, by what a run of characters between spaces and punctuation is. A word: by
-- its trigrams, with pg_trgm. A run in a script that puts no space between words (Thai to Burmese,
-- Khmer, Chinese, Japanese, Korean), or without a trigram in the database's locale: by each two
-- characters that follow one another, as search engines split such texts.
-- Words of less than four letters have trigrams that most texts have: beside longer ones, they
-- count but find no row.
-- Arguments: $1 the relation to read the collection from, as SQL; $2 a further condition, as SQL
-- (empty: none); $3 the text of a row, as SQL; $4 the text to search for; $5 the number of rows
-- wanted; $6 the table behind the relation. They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._fuzzy_rows(
    text,
    text,
    text,
    text,
    bigint,
    regclass
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
SET jit = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    query_text ALIAS FOR $4;
    wanted ALIAS FOR $5;
    v_trgm text := vecs._trigram_schema();
    v_words text[];
    v_parts text[];
    -- Not every collation of a column can look for parts of a text.
    v_lower text := format('lower((%s) COLLATE "default") COLLATE "C"', $3);
    v_statement text;
    v_names constant text[] := '{pg_trgm.word_similarity_threshold}';
    v_threshold constant text[] := '{ {{- costs.word_similarity -}} }';
    v_before text[];
    v_ids text[];
    v_scores double precision[];
BEGIN
    v_statement := format(
        $sql$
        WITH s AS (
            SELECT left(s.word, 100) AS word, min(s.position) AS position
            FROM regexp_split_to_table(lower($1), '[[:space:][:punct:]]+')
                WITH ORDINALITY AS s (word, position)
            WHERE s.word <> ''
            GROUP BY 1
        ), w AS (
            SELECT s.word, s.position, cardinality(%1$sshow_trgm(s.word)) = 0 OR EXISTS (
                SELECT
                FROM regexp_split_to_table(s.word, '') AS c (letter)
                CROSS JOIN LATERAL (
                    SELECT CASE
                        WHEN getdatabaseencoding() = 'UTF8' THEN ascii(c.letter)
                        WHEN octet_length(c.letter) > 1 THEN 11904
                        ELSE 0
                    END
                ) AS a (code)
                WHERE a.code BETWEEN 3584 AND 4255
                    OR a.code BETWEEN 6016 AND 6143
                    OR a.code BETWEEN 11904 AND 55215
                    OR a.code >= 131072
            ) AS is_run
            FROM s
        )
        SELECT
            ARRAY(
                SELECT w.word FROM w WHERE NOT w.is_run
                ORDER BY length(w.word) DESC, w.position
                LIMIT {{ costs.fuzzy_words }}
            ),
            ARRAY(
                SELECT substr(w.word, n.number, 2)
                FROM w
                CROSS JOIN LATERAL generate_series(1, greatest(1, length(w.word) - 1)) AS n (number)
                WHERE w.is_run
                GROUP BY 1
                ORDER BY min(w.position), min(n.number)
                LIMIT {{ costs.text_terms }}
            )
        $sql$,
        v_trgm
    );
    EXECUTE v_statement INTO v_words, v_parts USING left(query_text, 10000);
    v_statement := format(
        $sql$
        WITH b AS MATERIALIZED (
            SELECT t.id::text AS id, (
                coalesce((
                    SELECT sum(
                        length(w.word)
                        * %1$sstrict_word_similarity(w.word, left(%2$s, 100000))
                    )
                    FROM unnest($1) AS w (word)
                ), 0)
                + (
                    SELECT 2 * count(*) FILTER (WHERE strpos(%6$s, p.part) > 0)
                    FROM unnest($2) AS p (part)
                )
            ) / (length(array_to_string($1, '')) + 2 * cardinality($2))
            -- Of texts that fit alike the shortest comes first.
            / (1 + ln(1 + length(%2$s)) / 1000) AS score
            FROM %3$s AS t
            WHERE (%4$s)%5$s
            ORDER BY 2 DESC, 1
            LIMIT $3
        )
        SELECT
            array_agg(b.id ORDER BY b.score DESC, b.id),
            array_agg(b.score ORDER BY b.score DESC, b.id)
        FROM b
        $sql$,
        v_trgm,
        $3,
        $1,
        concat_ws(
            ' OR ',
            CASE WHEN v_words <> '{}' THEN format('%s OPERATOR(%s%%>) ANY ($4)', $3, v_trgm) END,
            CASE WHEN v_parts <> '{}' THEN format('%s LIKE ANY ($5)', v_lower) END
        ),
        ' AND ' || nullif($2, ''),
        v_lower
    );
    IF v_words = '{}' AND v_parts = '{}' THEN
        RAISE NOTICE USING
            ERRCODE = '{{ errors.no_words.sqlstate }}',
            MESSAGE = format('there is no word to search for in "%s"', left(query_text, 100)),
            HINT = 'Spaces and punctuation are no words.';
        RETURN;
    END IF;
    v_before := vecs._swap_settings_for($6, v_names, v_threshold);
    EXECUTE v_statement
    INTO v_ids, v_scores
    USING
        v_words, v_parts, wanted,
        ARRAY(
            SELECT w.word FROM unnest(v_words) AS w (word)
            WHERE length(w.word) >= least(4, length(v_words[1]))
        ),
        ARRAY(SELECT format('%%%s%%', p.part) FROM unnest(v_parts) AS p (part));
    PERFORM vecs._swap_settings_for($6, v_names, v_before);
    RETURN QUERY SELECT u.id, u.score FROM unnest(v_ids, v_scores) AS u (id, score);
END
$fn$;

COMMENT ON FUNCTION vecs._fuzzy_rows(text, text, text, text, bigint, regclass) IS
$doc$Return the rows whose text has words like those of a text, as many as are wanted or all that match, best first. The score is the mean of the words' strict_word_similarity(), weighted by their lengths; no row if the text has no word. A row matches if the word_similarity() of a word is at least {{ costs.word_similarity }}, a word of less than four letters finds no row beside longer ones; or if it has two characters of a run without spaces.

Raises VS008 unsupported if the extension pg_trgm is not installed.$doc$;

GRANT EXECUTE ON FUNCTION vecs._fuzzy_rows(text, text, text, text, bigint, regclass) TO PUBLIC;
