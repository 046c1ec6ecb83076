-- query: the nearest rows to a vector, with a metadata filter.
--
-- On the path of every search, and so written for speed: in each transaction an expression of
-- PL/pgSQL is set up anew and costs a microsecond or more, a question to the catalog ten times
-- that. So searches with the default settings and an index that create_index() made with its own
-- defaults, which is known by its name (_index_name), ask nothing but, with a filter, the planner
-- how many rows match. All others are planned with all care, which takes 0.2 ms more.
--
-- jit: until PostgreSQL 17 a sort costs 10^10 while enable_sort is off, so that a server with LLVM
-- would compile each search by the index anew, for 10 to 30 ms; and all that takes time here is in
-- pgvector's C. gin_fuzzy_search_limit: rows would be missing.
--
-- The overload for halfvec: pgvector casts a halfvec to a vector only in an assignment. The type of
-- its first parameter is one that no literal prefers to text, so that a call that does not say the
-- type of its vector means the function for vectors. That parameter has no name, since a gateway
-- that chooses functions by the names of their parameters must not find two.
--% from 'macros/errors.sql' import raise_again

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
    v_hidden text;
    v_estimate text;
    v_pgvector text;
    v_distance text;
    v_others text;
    -- What no column of ours has, but one of the user's own table may.
    v_metadata constant text := 'coalesce(t.metadata, ''{}'')';
    v_plan record;
    v_few boolean;
    v_workers text;
    v_setting text;
    v_method text;
    v_certain double precision;
    v_by_index text;
    v_exact text;
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

    -- Row-level security is a filter, too.
    IF v_table IS NOT NULL AND (filters <> '{}' OR row_security_active(v_table)) IS NOT TRUE THEN
        BEGIN
            -- By default it is 40. Some more than asked for, since the last of the candidates are
            -- not all the nearest; where it is less, the search comes back short.
            IF top_k > 20 THEN
                v_names := '{hnsw.ef_search}';
                v_settings := vecs._swap_settings(v_names, ARRAY[greatest(
                    least(top_k + 20, 1000), current_setting('hnsw.ef_search', true)::integer
                )::text]);
            END IF;
            RETURN QUERY
            SELECT s.id, s.distance, s.vec, s.metadata
            FROM vecs._search_index(
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
            -- It came back short, or the vector has another dimension; or the collection was
            -- renamed since, or dropped while the search waited. What was found is discarded.
            WHEN SQLSTATE 'VS000' OR data_exception OR undefined_column OR undefined_table THEN
                v_table := NULL;
        END;
    ELSIF v_table IS NOT NULL THEN
        BEGIN
            v_filter := vecs._filter_sql(filters, v_table);
            -- From here on nobody drops or changes the collection before the search is done.
            EXECUTE format('EXPLAIN SELECT FROM %s AS t WHERE %s', v_relation, v_filter)
            INTO v_estimate;
            -- Where no row matches, nobody else would notice that the vector has another dimension.
            SELECT a.attrelid INTO v_table
            FROM pg_attribute AS a
            WHERE a.attrelid = v_table
                AND a.attname = 'vec'
                AND a.atttypmod IN (-1, cardinality(query_vec::real[]));
        EXCEPTION
            {{ raise_again() | indent(12) }}
            -- It was dropped while the search waited.
            WHEN undefined_table THEN
                v_table := NULL;
        END;
    END IF;

    IF v_table IS NOT NULL THEN
        v_plan := vecs._search_choice(v_table, v_estimate, top_k, 'auto');
        -- Where the planner shall not think about the filter again, its operand is hidden: that
        -- takes longer than to search few rows.
        v_hidden := CASE
            WHEN v_filter LIKE 'metadata @> ''%'''
                AND v_filter NOT LIKE 'metadata @> ''%''%'''
                THEN format('metadata @> (SELECT %s::jsonb)', substr(v_filter, 13))
            ELSE v_filter
        END;
        -- "schema." of pgvector: its types are not in the search path, so that their names are
        -- shown qualified; quoted, too, where the session wants that of all names.
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
        v_others := format(
            '%s::%svector, %s FROM %s AS t',
            CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
            v_pgvector,
            CASE WHEN include_metadata IS FALSE THEN 'NULL::jsonb' ELSE v_metadata END,
            v_relation
        );
        v_method := 'hnsw';
        v_few := v_plan.row_count IS NULL;
        v_exact := format(
            'SELECT t.id::text, %s + 0, %s WHERE %s ORDER BY 2, 1 LIMIT $2',
            v_distance, v_others, CASE WHEN v_few THEN v_hidden ELSE v_filter END
        );
        IF v_plan.by_index THEN
            v_by_index := format(
                'SELECT t.id::text, %s, %s WHERE %s ORDER BY 2 LIMIT $2',
                v_distance, v_others, v_hidden
            );
        END IF;
    ELSE
        -- There are never as many rows.
        top_k := least(coalesce(top_k, 10), 4000000000000000000);
        BEGIN
            v_plan := vecs._search_plan(
                collection, query_vec, top_k, filters, coalesce(measure, 'cosine_distance'),
                include_metadata IS NOT FALSE, include_vec, max_distance, ef_search, probes,
                coalesce(strategy, 'auto'), '$1'
            );
        EXCEPTION
            {{ raise_again() | indent(12) }}
        END;
        v_exact := v_plan.exact;
        v_by_index := v_plan.by_index;
        v_method := v_plan.method;
        v_certain := v_plan.certain;
    END IF;

    WHILE v_by_index IS NOT NULL LOOP
        SELECT w.names, w.settings INTO v_names, v_settings
        FROM vecs._search_settings(
            v_method, v_plan.candidates, v_plan.matches IS NOT NULL, ef_search, probes
        ) AS w;
        BEGIN
            v_settings := vecs._swap_settings(v_names, v_settings);
            RETURN QUERY
            SELECT s.id, s.distance, s.vec, s.metadata
            FROM vecs._search_index(
                v_by_index, query_vec, v_plan.enough, max_distance, v_certain
            ) AS s
            ORDER BY s.distance, s.id
            LIMIT top_k;
            PERFORM vecs._swap_settings(v_names, v_settings);
            RETURN;
        EXCEPTION
            -- The error undoes the settings and discards what was found.
            WHEN SQLSTATE 'VS000' THEN
                v_plan.candidates := vecs._search_again(
                    v_method, v_plan.candidates, SQLERRM::bigint, v_plan.enough, v_plan.share,
                    v_plan.work
                );
                IF v_plan.candidates IS NULL THEN
                    v_by_index := NULL;
                END IF;
        END;
    END LOOP;

    -- The hidden filter may have a plan for more rows: workers would take longer to start than all.
    IF v_few THEN
        v_workers := current_setting('max_parallel_workers_per_gather');
        v_setting := set_config('max_parallel_workers_per_gather', '0', true);
    END IF;
    RETURN QUERY EXECUTE v_exact USING query_vec, top_k, max_distance;
    IF v_few THEN
        v_setting := set_config('max_parallel_workers_per_gather', v_workers, true);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs.query(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$The nearest rows to a vector among those that match a metadata filter, ordered by distance, then id.

Gives min(top_k, matching rows) rows, whatever the filter and the index; with max_distance, of the rows within it, of which a search by the index may miss one that lies near it: strategy => 'exact' misses none. Rows whose distance is NaN (a zero vector under cosine_distance) come last. Among rows that tie at the last place, any may be kept where an index serves the search. Where no index covers the measure the answer is the same, found by comparing every row, and a notice of SQLSTATE VSW01 says so. Settings of the session are as before afterwards.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             how many rows; 0 gives none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  return the metadata, else NULL
  include_vec       return the vector, else NULL
  max_distance      keep only rows at this distance or nearer
  ef_search         hnsw: size of the candidate list, 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: number of lists to look into; NULL: 10, or the session's ivfflat.probes where that is more
  strategy          auto, exact (compare every row that matches) or index (begin with the index)

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
        $1::text, (vecs._as_vectors(ARRAY[query_vec]))[1], top_k, filters, measure,
        include_metadata, include_vec, max_distance, ef_search, probes, strategy
    ) AS q;
EXCEPTION
    {{ raise_again() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$For a halfvec: the nearest rows to a vector of half precision, as query() finds them.

The name of the collection is passed by position.

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
