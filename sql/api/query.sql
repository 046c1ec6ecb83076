-- query: return the rows nearest to a vector, with a metadata filter.
--
-- Every search runs this, and so it is written for speed. In each transaction PL/pgSQL sets up an
-- expression anew for a microsecond or more; a query of the catalog costs ten times that. So the
-- most common search asks nothing but, with a filter, the planner for the number of matching rows.
-- That is a search with default settings and an index that create_index() made with its own
-- defaults, recognized by its name (_index_name). All others are planned by _search_plan(), which
-- takes 0.2 ms more.
--
-- jit: until PostgreSQL 17 a sort costs 10^10 while enable_sort is off, so a server with LLVM would
-- compile each search by the index for 10 to 30 ms. All that takes time here is in pgvector's C.
-- gin_fuzzy_search_limit: rows would be missing.
--
-- The overload for halfvec: pgvector casts a halfvec to a vector only in an assignment. No literal
-- prefers the type of its first parameter to text, so a call with an untyped vector means the
-- function for vectors. That parameter has no name, so that a gateway which chooses functions by
-- parameter names finds only one.
--% from 'macros/errors.sql' import reraise

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
SET jit = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_table regclass;
    v_relation text;
    v_filter text;
    v_opaque_filter text;
    v_estimate text;
    v_pgvector text;
    v_distance text;
    v_columns text;
    -- A collection has no NULL here, but a user's own table may.
    v_metadata constant text := 'coalesce(t.metadata, ''{}'')';
    v_plan record;
    v_few_matches boolean;
    v_workers text;
    v_setting text;
    v_method text;
    v_rows_trusted double precision;
    v_index_statement text;
    v_exact_statement text;
    v_names text[];
    v_settings text[];
    v_detail text;
    v_hint text;
BEGIN
    IF strategy = 'auto'
        AND top_k BETWEEN 1 AND 1000
        AND query_vec IS NOT NULL
        AND max_distance IS NULL
        AND ef_search IS NULL
        AND probes IS NULL
        AND to_regclass(
            CASE measure
            --% for name, measure in measures.items()
                WHEN '{{ name }}' THEN 'vecs.ix_vector_{{ measure.ops }}_ops_hnsw_m16_efc64_'
            --% endfor
            END || left(md5(collection), 7)
        ) IS NOT NULL
    THEN
        v_relation := format('vecs.%I', collection);
        v_table := to_regclass(v_relation);
    END IF;

    -- A row-level security policy is a filter, too.
    IF v_table IS NOT NULL AND (filters <> '{}' OR row_security_active(v_table)) IS NOT TRUE THEN
        BEGIN
            -- The default is 40. Over-fetch, because the farthest candidates are not reliably the
            -- nearest rows; a smaller list would come back short.
            IF top_k > 20 THEN
                v_names := '{hnsw.ef_search}';
                v_settings := vecs._swap_settings(v_names, ARRAY[greatest(
                    least(top_k + 20, 1000), current_setting('hnsw.ef_search', true)::integer
                )::text]);
            END IF;
            RETURN QUERY
            SELECT s.id, s.distance, s.vec, s.metadata
            FROM vecs._search_by_index(
                format(
                    'SELECT t.id::text, (t.vec OPERATOR(%2$s%3$s) $1), %4$s::%2$svector, %5$s'
                    ' FROM %1$s AS t ORDER BY 2 LIMIT $2',
                    v_relation,
                    rtrim(pg_typeof(query_vec)::text, '"vector'),
                    CASE measure
                    --% for name, measure in measures.items()
                        WHEN '{{ name }}' THEN '{{ measure.operator }}'
                    --% endfor
                    END,
                    CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                    CASE WHEN include_metadata IS FALSE THEN 'NULL::jsonb' ELSE v_metadata END
                ),
                query_vec, top_k, NULL::double precision, NULL::double precision
            ) AS s
            ORDER BY s.distance, s.id;
            IF top_k > 20 THEN
                PERFORM vecs._swap_settings(v_names, v_settings);
            END IF;
            RETURN;
        EXCEPTION
            -- It came back short, the vector has another dimension, or the collection was renamed
            -- or dropped concurrently. The rows found are discarded.
            WHEN SQLSTATE 'VS000' OR data_exception OR undefined_column OR undefined_table THEN
                v_table := NULL;
        END;
    ELSIF v_table IS NOT NULL THEN
        BEGIN
            v_filter := vecs._filter_sql(filters, v_table);
            -- This locks the collection against being dropped or altered until the search is done.
            EXECUTE format('EXPLAIN SELECT FROM %s AS t WHERE %s', v_relation, v_filter)
            INTO v_estimate;
            -- Check the dimension here: if no row matches, nothing else would.
            SELECT a.attrelid INTO v_table
            FROM pg_attribute AS a
            WHERE a.attrelid = v_table
                AND a.attname = 'vec'
                AND a.atttypmod IN (-1, cardinality(query_vec::real[]));
        EXCEPTION
            {{ reraise() | indent(12) }}
            -- It was dropped concurrently.
            WHEN undefined_table THEN
                v_table := NULL;
        END;
    END IF;

    IF v_table IS NOT NULL THEN
        v_plan := vecs._search_strategy(v_table, v_estimate, top_k, 'auto');
        -- A subquery hides the filter's operand from the planner. Estimating it once more would
        -- take longer than searching few rows.
        v_opaque_filter := CASE
            WHEN v_filter LIKE 'metadata @> ''%'''
                AND v_filter NOT LIKE 'metadata @> ''%''%'''
                THEN format('metadata @> (SELECT %s::jsonb)', substr(v_filter, 13))
            ELSE v_filter
        END;
        -- pgvector's schema and a dot, cut from the name of its type. The search path does not
        -- include the schema, so the name is qualified. Under quote_all_identifiers it is quoted.
        v_pgvector := rtrim(pg_typeof(query_vec)::text, '"vector');
        v_distance := format(
            '(t.vec OPERATOR(%s%s) $1)',
            v_pgvector,
            CASE measure
            --% for name, measure in measures.items()
                WHEN '{{ name }}' THEN '{{ measure.operator }}'
            --% endfor
            END
        );
        v_columns := format(
            '%s::%svector, %s FROM %s AS t',
            CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
            v_pgvector,
            CASE WHEN include_metadata IS FALSE THEN 'NULL::jsonb' ELSE v_metadata END,
            v_relation
        );
        v_method := 'hnsw';
        v_few_matches := v_plan.row_count IS NULL;
        v_exact_statement := format(
            'SELECT t.id::text, %s + 0, %s WHERE %s ORDER BY 2, 1 LIMIT $2',
            v_distance, v_columns, CASE WHEN v_few_matches THEN v_opaque_filter ELSE v_filter END
        );
        IF v_plan.use_index THEN
            v_index_statement := format(
                'SELECT t.id::text, %s, %s WHERE %s ORDER BY 2 LIMIT $2',
                v_distance, v_columns, v_opaque_filter
            );
        END IF;
    ELSE
        -- Beyond any number of rows, and low enough not to overflow.
        top_k := least(coalesce(top_k, 10), 4000000000000000000);
        BEGIN
            v_plan := vecs._search_plan(
                collection, query_vec, top_k, filters, coalesce(measure, 'cosine_distance'),
                include_metadata IS NOT FALSE, include_vec, max_distance, ef_search, probes,
                coalesce(strategy, 'auto'), '$1'
            );
        EXCEPTION
            {{ reraise() | indent(12) }}
        END;
        v_exact_statement := v_plan.exact_statement;
        v_index_statement := v_plan.index_statement;
        v_method := v_plan.method;
        v_rows_trusted := v_plan.rows_trusted;
    END IF;

    WHILE v_index_statement IS NOT NULL LOOP
        SELECT w.names, w.settings INTO v_names, v_settings
        FROM vecs._search_settings(
            v_method, v_plan.candidates, v_plan.estimated_matches IS NOT NULL, ef_search, probes
        ) AS w;
        BEGIN
            v_settings := vecs._swap_settings(v_names, v_settings);
            RETURN QUERY
            SELECT s.id, s.distance, s.vec, s.metadata
            FROM vecs._search_by_index(
                v_index_statement, query_vec, v_plan.rows_required, max_distance, v_rows_trusted
            ) AS s
            ORDER BY s.distance, s.id
            LIMIT top_k;
            PERFORM vecs._swap_settings(v_names, v_settings);
            RETURN;
        EXCEPTION
            -- The error restores the settings and discards the rows found.
            WHEN SQLSTATE 'VS000' THEN
                v_plan.candidates := vecs._search_retry(
                    v_method, v_plan.candidates, SQLERRM::bigint, v_plan.rows_required,
                    v_plan.selectivity, v_plan.exact_cost
                );
                IF v_plan.candidates IS NULL THEN
                    v_index_statement := NULL;
                END IF;
        END;
    END LOOP;

    -- A hidden filter may be planned for more rows. Starting parallel workers would take longer
    -- than the search.
    IF v_few_matches THEN
        v_workers := current_setting('max_parallel_workers_per_gather');
        v_setting := set_config('max_parallel_workers_per_gather', '0', true);
    END IF;
    RETURN QUERY EXECUTE v_exact_statement USING query_vec, top_k, max_distance;
    IF v_few_matches THEN
        v_setting := set_config('max_parallel_workers_per_gather', v_workers, true);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs.query(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
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

Errors: VS001 invalid_argument for a NULL collection or vector, a negative top_k, an unknown measure or strategy, a max_distance that is NaN; VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;

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
    FROM vecs.query(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], top_k, filters, measure,
        include_metadata, include_vec, max_distance, ef_search, probes, strategy
    ) AS q;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
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

Errors: VS001, VS002, VS004, VS005, as query() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;
