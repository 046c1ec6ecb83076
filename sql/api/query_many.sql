-- query_many: return the rows nearest to each of many vectors, in one call.
-- (For jit, gin_fuzzy_search_limit and the overload for halfvec see query.)
--% from 'macros/errors.sql' import reraise

CREATE OR REPLACE FUNCTION vecs.query_many(
    collection text,
    query_vecs vector[],
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
    query_no integer,
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
SET jit = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_top_k bigint := least(coalesce(top_k, 10), 4000000000000000000);
    v_detail text;
    v_hint text;
    v_messages text := current_setting('client_min_messages');
    v_plan record;
    v_names text[];
    v_settings text[];
BEGIN
    PERFORM vecs._check_query_vecs(
        query_vecs, (vecs._collection(collection)).dimension, collection
    );
    IF cardinality(query_vecs) = 0 THEN
        PERFORM vecs._check_search(
            false, v_top_k, coalesce(measure, 'cosine_distance'), max_distance, ef_search, probes,
            coalesce(strategy, 'auto')
        );
        PERFORM vecs._filter_sql(filters, NULL::regclass);
        RETURN;
    END IF;

    -- One plan, made for the first vector. If the index comes back short for any of them, each is
    -- searched for by itself.
    v_plan := vecs._search_plan(
        collection, (SELECT u.vec FROM unnest(query_vecs) AS u (vec) LIMIT 1), v_top_k, filters,
        coalesce(measure, 'cosine_distance'), include_metadata IS NOT FALSE, include_vec,
        max_distance, ef_search, probes, coalesce(strategy, 'auto'), 'q.vec'
    );

    IF v_plan.index_statement IS NULL THEN
        RETURN QUERY
        SELECT s.query_no, s.id, s.distance, s.vec, s.metadata
        FROM vecs._search_many(
            v_plan.exact_statement, query_vecs, v_top_k, max_distance, false
        ) AS s
        ORDER BY s.query_no, s.distance, s.id;
        RETURN;
    ELSIF max_distance IS NULL THEN
        SELECT w.names, w.settings INTO v_names, v_settings
        FROM vecs._search_settings(
            v_plan.method, v_plan.candidates, v_plan.estimated_matches IS NOT NULL, ef_search,
            probes
        ) AS w;
        BEGIN
            v_settings := vecs._swap_settings(v_names, v_settings);
            RETURN QUERY
            SELECT r.query_no, r.id, r.distance, r.vec, r.metadata
            FROM (
                SELECT
                    s.*,
                    row_number() OVER (
                        PARTITION BY s.query_no ORDER BY s.distance, s.id
                    ) AS position
                FROM vecs._search_many(
                    v_plan.index_statement, query_vecs, v_plan.rows_required,
                    NULL::double precision, true
                ) AS s
            ) AS r
            WHERE r.position <= v_top_k
            ORDER BY r.query_no, r.position;
            PERFORM vecs._swap_settings(v_names, v_settings);
            RETURN;
        EXCEPTION
            -- The error restores the settings and discards the rows found.
            WHEN SQLSTATE 'VS000' THEN
                NULL;
        END;
    END IF;

    -- The notices of each search have been raised already.
    PERFORM set_config('client_min_messages', 'warning', true);
    RETURN QUERY
    SELECT u.position::integer, q.id, q.distance, q.vec, q.metadata
    FROM unnest(query_vecs) WITH ORDINALITY AS u (vec, position)
    CROSS JOIN LATERAL vecs.query(
        collection, u.vec, v_top_k, filters, measure, include_metadata, include_vec, max_distance,
        ef_search, probes, strategy
    ) AS q
    ORDER BY u.position, q.distance, q.id;
    PERFORM set_config('client_min_messages', v_messages, true);
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_many(text, vector[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$Return the rows nearest to each of many vectors, as query() does for one, ordered by query_no, distance, id.

Hundreds of vectors take one round trip; the filter is compiled and the strategy chosen once.

Parameters:
  collection        the collection
  query_vecs        the vectors to search with, of the collection's dimension; query_no numbers them from 1
  top_k             the number of rows to return for each; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      return only rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)

Errors: VS001 invalid_argument for NULL, also among the vectors, and as query(); VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_many(text, vector[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.query_many(
    information_schema.character_data,
    query_vecs halfvec[],
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
    query_no integer,
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
    SELECT q.query_no, q.id, q.distance, q.vec, q.metadata
    FROM vecs.query_many(
        $1::text, vecs._halfvec_to_vector(query_vecs), top_k, filters, measure, include_metadata,
        include_vec, max_distance, ef_search, probes, strategy
    ) AS q;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_many(information_schema.character_data, halfvec[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$For halfvecs: return the rows nearest to each of many vectors of half precision.

The collection's name must be passed by position.

Parameters:
  query_vecs        the vectors to search with, of the collection's dimension; query_no numbers them from 1
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()

Errors: VS001, VS002, VS004, VS005, as query_many() for vectors.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_many(information_schema.character_data, halfvec[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;
