-- hybrid_query: return the best rows for a vector and a text together.
-- Pages are cut from one list, as _search_page() does: first the rows of the first page's searches,
-- then others of larger ones.
--% import 'macros/search.sql' as search with context
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.hybrid_query(
    collection text,
    query_vec vector,
    query_text text,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    fusion text DEFAULT 'rrf',
    weights double precision[] DEFAULT '{1,1}',
    candidates bigint DEFAULT NULL,
    match text DEFAULT 'any',
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    score double precision,
    distance double precision,
    text_score double precision,
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
    v_skip bigint := least(coalesce(skip, 0), 4000000000000000000);
    v_fusion text := coalesce(fusion, 'rrf');
    v_weights double precision[] := coalesce(weights, '{1,1}');
    v_match text := coalesce(match, 'any');
    v_strategy text := coalesce(strategy, 'auto');
    v_configs regconfig[];
    v_messages text := current_setting('client_min_messages');
    v_size bigint;
    v_ids text[] := '{}';
    v_scores double precision[] := '{}';
    v_distances double precision[] := '{}';
    v_text_scores double precision[] := '{}';
    v_new record;
    v_first integer;
    v_last integer;
    v_detail text;
    v_hint text;
BEGIN
    measure := coalesce(measure, 'cosine_distance');
    PERFORM vecs._check_search(
        query_vec IS NULL, v_top_k, v_skip, measure, NULL::double precision, ef_search, probes,
        v_strategy
    );
    PERFORM vecs._check_fusion(v_fusion, v_weights, candidates);
    v_configs := vecs._check_text(collection, query_text, v_match, filters);
    v_size := least(
        4000000000000000000, coalesce(candidates, greatest({{ costs.candidates }}, 2 * v_top_k))
    );
    LOOP
        SELECT
            count(*) FILTER (WHERE r.is_nearest) AS found,
            array_agg(r.id ORDER BY r.position) FILTER (WHERE k.id IS NULL) AS ids,
            array_agg(r.score ORDER BY r.position) FILTER (WHERE k.id IS NULL) AS scores,
            array_agg(r.distance ORDER BY r.position) FILTER (WHERE k.id IS NULL) AS distances,
            array_agg(r.text_score ORDER BY r.position) FILTER (WHERE k.id IS NULL) AS text_scores
        INTO v_new
        FROM vecs._hybrid_rows(
            collection, v_configs, query_vec, query_text, coalesce(filters, '{}'), measure,
            v_fusion, v_weights, v_match, ef_search, probes, v_strategy, v_size
        ) WITH ORDINALITY AS r (id, score, distance, text_score, is_nearest, position)
        LEFT JOIN unnest(v_ids) AS k (id) ON k.id = r.id;
        PERFORM vecs._swap_settings(
            '{client_min_messages}'::text[], ARRAY[{{ search.quiet() | indent(12) }}]
        );
        v_ids := v_ids || v_new.ids;
        v_scores := v_scores || v_new.scores;
        v_distances := v_distances || v_new.distances;
        v_text_scores := v_text_scores || v_new.text_scores;
        EXIT WHEN v_new.found < v_size OR cardinality(v_ids) >= v_skip + v_top_k;
        v_size := {{ search.next_list_size('v_size') }};
    END LOOP;
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], ARRAY[v_messages]);

    v_first := least(v_skip, cardinality(v_ids)) + 1;
    v_last := least(v_skip + v_top_k, cardinality(v_ids));
    RETURN QUERY
    SELECT
        f.id,
        u.score,
        u.distance,
        u.text_score,
        CASE WHEN include_vec THEN f.vec END,
        CASE WHEN include_metadata IS NOT FALSE THEN f.metadata END
    FROM unnest(
        v_ids[v_first:v_last], v_scores[v_first:v_last], v_distances[v_first:v_last],
        v_text_scores[v_first:v_last]
    ) WITH ORDINALITY AS u (id, score, distance, text_score, position)
    JOIN vecs.fetch(collection, v_ids[v_first:v_last]) AS f ON f.id = u.id
    ORDER BY u.position;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.hybrid_query(text, vector, text, bigint, jsonb, text, boolean, boolean, text, double precision[], bigint, text, bigint, bigint, text, bigint) IS
$doc$Return the best rows for a vector and a text together, among those that match a metadata filter: what is near in meaning, and what has the words. Ordered by score, the best first.

Searches for the nearest rows as query() does, and for the words as text_query() does, and combines the two. Returns min(top_k, matching rows) rows, as query() does. Each row has its distance; text_score is that of text_query(), or NULL for a row that is not among the candidates of the text. A score is comparable within one search only. If no word of the text is indexed, the vector alone decides, and the notice VSW06 says so.

The collection needs a text index, see create_text_index().

Fusion:
  rrf       by ranks: adds weight / ({{ costs.rrf_k }} + rank) for both searches; ranks start at 0
  relative  by scores: weight times the score, from 0 for the last candidate of a search to 1 for its first

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  query_text        the words to search for, most often the text that the vector was made of
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  fusion            rrf or relative
  weights           the weights of the vector and of the text
  candidates        the number of rows that each of the two searches contributes; NULL: {{ costs.candidates }}, or twice top_k if that is more
  match             any, all, web or fuzzy, as for text_query()
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from the number of candidates
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          as for query(): auto, exact or index
  skip              leave out so many of the best rows, for pages: with the same top_k, pages fit together without a gap or a row twice, as long as nothing is written between them

Errors: VS001 invalid_argument for a NULL collection, vector or text, a negative top_k or skip, an unknown measure, fusion, match or strategy, weights that are not two numbers of at least 0, or both 0, and candidates below 1; VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter; VS007 index_not_found if the collection has no text index; VS008 unsupported for fuzzy without the extension pg_trgm.$doc$;

GRANT EXECUTE ON FUNCTION vecs.hybrid_query(text, vector, text, bigint, jsonb, text, boolean, boolean, text, double precision[], bigint, text, bigint, bigint, text, bigint) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.hybrid_query(
    information_schema.character_data,
    query_vec halfvec,
    query_text text,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    fusion text DEFAULT 'rrf',
    weights double precision[] DEFAULT '{1,1}',
    candidates bigint DEFAULT NULL,
    match text DEFAULT 'any',
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    score double precision,
    distance double precision,
    text_score double precision,
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
    v_detail text;
    v_hint text;
BEGIN
    RETURN QUERY
    SELECT q.id, q.score, q.distance, q.text_score, q.vec, q.metadata
    FROM vecs.hybrid_query(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], query_text, top_k,
        filters, measure, include_metadata, include_vec, fusion, weights, candidates, match,
        ef_search, probes, strategy, skip
    ) AS q;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.hybrid_query(information_schema.character_data, halfvec, text, bigint, jsonb, text, boolean, boolean, text, double precision[], bigint, text, bigint, bigint, text, bigint) IS
$doc$For a halfvec: return the best rows for a vector of half precision and a text together.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  query_text        as for hybrid_query()
  top_k             as for hybrid_query()
  filters           as for hybrid_query()
  measure           as for hybrid_query()
  include_metadata  as for hybrid_query()
  include_vec       as for hybrid_query()
  fusion            as for hybrid_query()
  weights           as for hybrid_query()
  candidates        as for hybrid_query()
  match             as for hybrid_query()
  ef_search         as for hybrid_query()
  probes            as for hybrid_query()
  strategy          as for hybrid_query()
  skip              as for hybrid_query()

Errors: VS001, VS002, VS004, VS005, VS007, VS008, as hybrid_query() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.hybrid_query(information_schema.character_data, halfvec, text, bigint, jsonb, text, boolean, boolean, text, double precision[], bigint, text, bigint, bigint, text, bigint) TO PUBLIC;
