-- query: return the rows nearest to a vector, with a metadata filter.
--
-- Every search runs this, and so it is written for speed. In each transaction PL/pgSQL sets up an
-- expression anew for a microsecond or more; a query of the catalog costs ten times that, and a
-- call of another function as much. docs/strategy.md shows the path of a search and what each step
-- costs.
--
-- jit: until PostgreSQL 17 a sort costs 10^10 while enable_sort is off, so a server with LLVM would
-- compile each search by the index for 10 to 30 ms. All that takes time here is in pgvector's C.
-- gin_fuzzy_search_limit: rows would be missing.
--
-- The overload for halfvec: pgvector casts a halfvec to a vector only in an assignment. No literal
-- prefers the type of its first parameter to text, so a call with an untyped vector means the
-- function for vectors. That parameter has no name, so that a gateway which chooses functions by
-- parameter names finds only one.
--% import 'macros/search.sql' as search with context
--% from 'macros/errors.sql' import reraise

--% macro return_nearest()
IF v_names IS NOT NULL THEN
    v_settings := vecs._swap_settings(v_names, v_settings);
END IF;
RETURN QUERY
SELECT s.id, s.distance, s.vec, s.metadata
FROM vecs._search_nearest(v_statement, query_vec, v_wanted) AS s
ORDER BY s.distance, s.id
LIMIT top_k;
IF v_names IS NOT NULL THEN
    PERFORM vecs._swap_settings(v_names, v_settings);
END IF;
RETURN;
--%- endmacro

CREATE OR REPLACE FUNCTION vecs.query(
    collection text,
    query_vec vector,
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
    v_exact_statement text;
    v_workers text;
    v_setting text;
    v_detail text;
    v_hint text;
BEGIN
    -- The nearest rows, by the index.
    {{ search.prepare_plain('query_vec') | indent(4) }}
    IF v_is_plain THEN
        BEGIN
            IF v_index IS NULL THEN
                {{ search.prepare_other('query_vec') | indent(16) }}
            END IF;
            IF v_is_plain THEN
                {{ return_nearest() | indent(16) }}
            END IF;
        EXCEPTION
            -- It came back short, the vector has another dimension or numbers beyond half
            -- precision, or the collection was renamed or dropped concurrently. The rows found are
            -- discarded.
            WHEN SQLSTATE 'VS000' OR SQLSTATE 'VS002' OR data_exception OR undefined_column
                OR undefined_table
            THEN
                NULL;
        END;
    END IF;

    -- Any other search.
    {{ search.plan('query_vec') | indent(4) }}
    IF skip > 0 AND top_k > 0 THEN
        RETURN QUERY
        SELECT p.id, p.distance, p.vec, p.metadata
        FROM vecs._search_page(
            collection, query_vec, top_k, filters, measure, include_metadata, include_vec,
            max_distance, ef_search, probes, strategy, skip, top_k, NULL::text[]
        ) AS p;
        RETURN;
    END IF;

    IF v_shards IS NOT NULL THEN
        v_exact_statement := {{ search.exact_statement() | indent(8) }};
        IF v_use_index THEN
            {{ search.prepare_shards() | indent(12) }}
        END IF;
        RETURN QUERY
        {{ search.nearest_on_shards('query_vec') | indent(8) }};
        RETURN;
    END IF;

    -- The nearest of those in a partial index.
    IF {{ search.is_whole_nearest() | indent(4) }} THEN
        {{ search.prepare_list() | indent(8) }}
        {{ search.prepare_nearest() | indent(8) }}
        BEGIN
            {{ return_nearest() | indent(12) }}
        EXCEPTION
            WHEN SQLSTATE 'VS000' OR numeric_value_out_of_range THEN
                NULL;
        END;
    END IF;

    IF v_use_index THEN
        {{ search.prepare_candidates() | indent(8) }}
        BEGIN
            v_settings := vecs._swap_settings(v_names, v_settings);
            RETURN QUERY
            SELECT s.id, s.distance, s.vec, s.metadata
            FROM vecs._search_candidates(
                v_statement, query_vec, v_rows_required, max_distance, v_selectivity, v_affordable,
                {{ search.is_trusted() }}
            ) AS s
            ORDER BY s.distance, s.id
            LIMIT top_k;
            PERFORM vecs._swap_settings(v_names, v_settings);
            RETURN;
        EXCEPTION
            -- An exact search takes less time, or the vector has numbers beyond half precision. The
            -- error restores the settings and discards the rows found.
            WHEN SQLSTATE 'VS000' OR numeric_value_out_of_range THEN
                NULL;
        END;
    END IF;

    -- Starting parallel workers would take longer than to search few rows. The planner may expect
    -- more, as the filter is hidden from it.
    IF v_few_match THEN
        v_workers := current_setting('max_parallel_workers_per_gather');
        v_setting := set_config('max_parallel_workers_per_gather', '0', true);
    END IF;
    v_statement := {{ search.exact_statement() | indent(4) }};
    RETURN QUERY EXECUTE v_statement USING query_vec, top_k, max_distance;
    IF v_few_match THEN
        v_setting := set_config('max_parallel_workers_per_gather', v_workers, true);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs.query(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Return the rows nearest to a vector among those that match a metadata filter, ordered by distance, then id.

Returns min(top_k, matching rows) rows, whatever the filter and the index. With max_distance, matching rows are those within it; a search by the index may miss one near the limit, but strategy => 'exact' misses none.

Rows whose distance is NaN (a zero vector under cosine_distance) come last. If several rows tie for the last place, a search by the index may return any of them. If no index covers the measure, the result is the same, found by comparing all rows, and the notice VSW01 says so. Settings of the session do not change.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      return only rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)
  skip              leave out so many of the nearest rows, for pages: with the same top_k, pages fit together without a gap or a row twice, as long as nothing is written between them

Errors: VS001 invalid_argument for a NULL collection or vector, a negative top_k or skip, an unknown measure or strategy, a max_distance that is NaN; VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.query(
    information_schema.character_data,
    query_vec halfvec,
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
    FROM vecs.query(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], top_k, filters, measure,
        include_metadata, include_vec, max_distance, ef_search, probes, strategy, skip
    ) AS q;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$For a halfvec: return the rows nearest to a vector of half precision.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
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

Errors: VS001, VS002, VS004, VS005, as query() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;
