-- query_mmr: return rows that are near to a vector, and different from each other.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.query_mmr(
    collection text,
    query_vec vector,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    lambda_mult double precision DEFAULT 0.5,
    candidates bigint DEFAULT NULL,
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
    id text,
    distance double precision,
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
    v_top_k bigint := least(coalesce(top_k, 10), 1000000000000000000);
    v_lambda double precision := coalesce(lambda_mult, 0.5);
    v_measure text := coalesce(measure, 'cosine_distance');
    v_ids text[];
    v_distances double precision[];
    v_chosen integer[];
    v_detail text;
    v_hint text;
BEGIN
    IF (v_lambda BETWEEN 0 AND 1) IS NOT TRUE OR candidates < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = CASE
                WHEN candidates < 1 THEN format('candidates must be at least 1: %s', candidates)
                ELSE format('lambda_mult must be from 0 to 1: %s', v_lambda)
            END,
            HINT = 'With lambda_mult => 1 only nearness counts, with 0 only difference.';
    END IF;
    SELECT
        array_agg(q.id ORDER BY q.distance, q.id),
        array_agg(q.distance ORDER BY q.distance, q.id),
        vecs._diverse_rows(
            collection,
            array_agg(q.vec ORDER BY q.distance, q.id),
            array_agg(q.distance ORDER BY q.distance, q.id),
            v_measure, v_lambda, v_top_k
        )
    INTO v_ids, v_distances, v_chosen
    FROM vecs.query(
        collection, query_vec,
        CASE
            WHEN v_top_k > 0
                THEN greatest(v_top_k, coalesce(candidates, greatest(4 * v_top_k, 20)))
            ELSE v_top_k
        END,
        filters, v_measure, false, true, max_distance, ef_search, probes, strategy, 0::bigint
    ) AS q;
    RETURN QUERY
    SELECT
        f.id,
        v_distances[c.place],
        CASE WHEN include_vec THEN f.vec END,
        CASE WHEN include_metadata IS NOT FALSE THEN f.metadata END
    FROM unnest(v_chosen) WITH ORDINALITY AS c (place, number)
    JOIN vecs.fetch(
        collection, ARRAY(SELECT v_ids[u.place] FROM unnest(v_chosen) AS u (place))
    ) AS f ON f.id = v_ids[c.place]
    ORDER BY c.number;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_mmr(text, vector, bigint, jsonb, double precision, bigint, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$Return rows that are near to a vector and different from each other, by maximal marginal relevance (MMR), in the order in which they are chosen.

The first is the nearest row. Each further one is the candidate with the greatest (1 - lambda_mult) * (distance to the nearest of the rows chosen before) - lambda_mult * (distance to the vector). Under cosine_distance that is MMR with the cosine similarity. Returns min(top_k, matching rows) rows.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  lambda_mult       from 0, only difference counts, to 1, only nearness counts
  candidates        choose among so many of the nearest rows; NULL: 4 times top_k, at least 20
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      choose only among rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from the number of candidates
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)

Errors: VS001 invalid_argument for a lambda_mult that is not from 0 to 1, for candidates below 1, and as query(); VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_mmr(text, vector, bigint, jsonb, double precision, bigint, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.query_mmr(
    information_schema.character_data,
    query_vec halfvec,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    lambda_mult double precision DEFAULT 0.5,
    candidates bigint DEFAULT NULL,
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
    id text,
    distance double precision,
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
    SELECT q.id, q.distance, q.vec, q.metadata
    FROM vecs.query_mmr(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], top_k, filters,
        lambda_mult, candidates, measure, include_metadata, include_vec, max_distance,
        ef_search, probes, strategy
    ) AS q;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_mmr(information_schema.character_data, halfvec, bigint, jsonb, double precision, bigint, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$For a halfvec: return rows near to a vector of half precision, and different from each other.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query_mmr()
  filters           as for query_mmr()
  lambda_mult       as for query_mmr()
  candidates        as for query_mmr()
  measure           as for query_mmr()
  include_metadata  as for query_mmr()
  include_vec       as for query_mmr()
  max_distance      as for query_mmr()
  ef_search         as for query_mmr()
  probes            as for query_mmr()
  strategy          as for query_mmr()

Errors: VS001, VS002, VS004, VS005, as query_mmr() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_mmr(information_schema.character_data, halfvec, bigint, jsonb, double precision, bigint, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;
