-- query_many: return the rows nearest to each of many vectors, in one call.
-- (For jit, gin_fuzzy_search_limit and the overload for halfvec see query.)
--% import 'macros/search.sql' as search with context
--% from 'macros/errors.sql' import reraise with context

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
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
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
    {{ search.variables() | indent(4) }}
    v_vec vec%TYPE;
    v_exact_statement text;
    v_serial constant text[] := '{max_parallel_workers_per_gather}';
    v_before text[];
    v_messages text := current_setting('client_min_messages');
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._check_query_vecs(
        query_vecs, (vecs._collection(collection)).dimension, collection
    );
    v_vec := (SELECT u.vec FROM unnest(query_vecs) AS u (vec) LIMIT 1);
    IF v_vec IS NULL THEN
        PERFORM vecs._check_search(
            false, coalesce(top_k, 10), coalesce(skip, 0), coalesce(measure, 'cosine_distance'),
            max_distance, ef_search, probes, coalesce(strategy, 'auto')
        );
        PERFORM vecs._filter_sql(
            filters, NULL::regclass, (vecs._collection(collection)).view_id
        );
        RETURN;
    END IF;

    -- One plan, made for the first vector.
    {{ search.prepare_plain('v_vec') | indent(4) }}
    IF v_is_plain AND v_index IS NULL THEN
        {{ search.prepare_other('v_vec') | indent(8) }}
    END IF;
    IF v_is_plain IS NOT TRUE THEN
        {{ search.plan('v_vec') | indent(8) }}
        v_exact_statement := {{ search.exact_statement() | indent(8) }};
        IF v_shards IS NOT NULL AND v_use_index AND skip = 0 THEN
            {{ search.prepare_shards() | indent(12) }}
        ELSIF {{ search.is_whole_nearest() | indent(8) }} AND skip = 0 THEN
            {{ search.prepare_list() | indent(12) }}
            {{ search.prepare_nearest() | indent(12) }}
            v_is_plain := true;
        ELSIF v_use_index THEN
            {{ search.prepare_candidates() | indent(12) }}
        END IF;
    END IF;

    FOR query_no, v_vec IN
        SELECT u.position, u.vec FROM unnest(query_vecs) WITH ORDINALITY AS u (vec, position)
    LOOP
        IF v_shards IS NOT NULL AND skip = 0 THEN
            RETURN QUERY
            SELECT query_no, n.id, n.distance, n.vec, n.metadata
            FROM (
                {{ search.nearest_on_shards('v_vec') | indent(16) }}
            ) AS n;
            CONTINUE;
        END IF;
        IF v_is_plain OR v_use_index AND skip = 0 THEN
            BEGIN
                v_before := vecs._swap_settings(v_names, v_settings);
                IF v_is_plain THEN
                    RETURN QUERY
                    SELECT query_no, s.id, s.distance, s.vec, s.metadata
                    FROM vecs._search_nearest(v_statement, v_vec, v_wanted) AS s
                    ORDER BY s.distance, s.id
                    LIMIT top_k;
                ELSE
                    RETURN QUERY
                    SELECT query_no, s.id, s.distance, s.vec, s.metadata
                    FROM vecs._search_candidates(
                        v_statement, v_vec, v_rows_required, max_distance, v_selectivity,
                        v_affordable, {{ search.is_trusted() }}
                    ) AS s
                    ORDER BY s.distance, s.id
                    LIMIT top_k;
                END IF;
                PERFORM vecs._swap_settings(v_names, v_before);
                CONTINUE;
            EXCEPTION
                -- It came back short, or the collection was renamed or dropped concurrently. The
                -- error restores the settings and discards the rows found.
                WHEN SQLSTATE 'VS000' OR data_exception OR undefined_column OR undefined_table THEN
                    NULL;
            END;
        END IF;

        IF v_is_plain OR skip > 0 THEN
            -- The notices have been raised already.
            PERFORM vecs._swap_settings(
                '{client_min_messages}'::text[], ARRAY[{{ search.quiet() | indent(16) }}]
            );
            RETURN QUERY
            SELECT query_no, q.id, q.distance, q.vec, q.metadata
            FROM vecs.query(
                collection, v_vec, top_k, filters, measure, include_metadata, include_vec,
                max_distance, ef_search, probes, strategy, skip
            ) AS q;
            PERFORM vecs._swap_settings('{client_min_messages}'::text[], ARRAY[v_messages]);
        ELSE
            IF v_few_match THEN
                v_before := vecs._swap_settings(v_serial, '{0}'::text[]);
            END IF;
            RETURN QUERY EXECUTE format('SELECT $4, s.* FROM (%s) AS s', v_exact_statement)
            USING v_vec, top_k, max_distance, query_no;
            IF v_few_match THEN
                PERFORM vecs._swap_settings(v_serial, v_before);
            END IF;
        END IF;
    END LOOP;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_many(text, vector[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
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
  skip              as for query()

Errors: VS001 invalid_argument for NULL, also among the vectors, and as query(); VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_many(text, vector[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

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
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
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
        include_vec, max_distance, ef_search, probes, strategy, skip
    ) AS q;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_many(information_schema.character_data, halfvec[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
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
  skip              as for query()

Errors: VS001, VS002, VS004, VS005, as query_many() for vectors.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_many(information_schema.character_data, halfvec[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;
