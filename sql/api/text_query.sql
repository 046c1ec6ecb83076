-- text_query: return the rows whose text fits some words best.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.text_query(
    collection text,
    query_text text,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    match text DEFAULT 'any',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    score double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_top_k bigint := least(coalesce(top_k, 10), 4000000000000000000);
    v_skip bigint := least(coalesce(text_query.skip, 0), 4000000000000000000);
    v_match text := coalesce(match, 'any');
    v_configs regconfig[];
    v_ids text[];
    v_scores double precision[];
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._check_search(
        false, v_top_k, v_skip, 'cosine_distance'::text, NULL::double precision, NULL::bigint,
        NULL::bigint, 'auto'::text
    );
    v_configs := vecs._check_text(collection, query_text, v_match, filters);
    SELECT array_agg(r.id), array_agg(r.score)
    INTO v_ids, v_scores
    FROM (
        SELECT s.id, s.score
        FROM vecs._text_rows(
            collection, v_configs, query_text, v_match, filters, false, v_skip + v_top_k
        ) AS s
        OFFSET v_skip
    ) AS r;
    RETURN QUERY
    SELECT
        f.id,
        u.score,
        CASE WHEN include_vec THEN f.vec END,
        CASE WHEN include_metadata IS NOT FALSE THEN f.metadata END
    FROM unnest(v_ids, v_scores) AS u (id, score)
    JOIN vecs.fetch(collection, coalesce(v_ids, '{}')) AS f ON f.id = u.id
    ORDER BY u.score DESC, u.id;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.text_query(text, text, bigint, jsonb, text, boolean, boolean, bigint) IS
$doc$Return the rows whose text fits some words best among those that match a metadata filter, ordered by score, the best first, then id.

The score is BM25: rare words count more than frequent ones, and a word counts more in a short text. It is greater than 0, and comparable within one search. The collection needs a text index, see create_text_index(). Words are compared as its configuration reduces them: under english, "running" finds "runs".

Returns min(top_k, matching rows) rows, a matching row being one that has a word of the text, or what match says. A search for any word does not compare every row that has a frequent word: it begins with the rarest words, which together are in up to {{ costs.text_candidates }} rows, and takes more of them only if there are too few rows. Of a text of more than {{ costs.text_terms }} different words the rarest {{ costs.text_terms }} among the first {{ costs.text_words }} are searched for.

With match => 'fuzzy' the score is from 0 to 1, how similar the words of the text are to those of a row on average, long words counting more; a matching row has one that is similar by at least {{ costs.word_similarity }}, beside longer words one of at least four letters. The texts themselves are compared, using only the {{ costs.fuzzy_words }} longest words in the first 10,000 characters of query_text, and the first 100,000 characters of a row's text for its score. create_metadata_index(collection, key, kind => 'trigram') makes an index for it; without it, every row's text is read. Runs of Chinese, Japanese, Korean, Thai, Lao, Burmese and Khmer are matched by pairs of characters, which always reads every text.

Parameters:
  collection        the collection
  query_text        the words, in any form; a text with none that is indexed finds nothing, and raises the notice VSW06
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  match             any of the words; all of them; web, the syntax of search engines: "a phrase", -without, or; or fuzzy: words that are similar, as the extension pg_trgm compares them, for misspelt words, and for parts of a run of Chinese or Japanese
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  skip              leave out so many of the best rows, for pages: with the same top_k, pages fit together without a gap or a row twice, as long as nothing is written between them; a later page may have higher scores, of rows that have only the frequent words

Errors: VS001 invalid_argument for a NULL collection or text, a negative top_k or skip, an unknown match, and with all and web for more than {{ costs.text_words }} different words; VS002 collection_not_found; VS005 invalid_filter; VS007 index_not_found if the collection has no text index; VS008 unsupported for fuzzy without the extension pg_trgm.$doc$;

GRANT EXECUTE ON FUNCTION vecs.text_query(text, text, bigint, jsonb, text, boolean, boolean, bigint) TO PUBLIC;
