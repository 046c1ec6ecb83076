-- _search_plan: plan a search of a collection: exactly, or by its index with how many candidates.
-- Makes all checks and covers all cases; query() covers the most common one by itself.
--% from 'macros/errors.sql' import dimension_mismatch with context

CREATE OR REPLACE FUNCTION vecs._search_plan(
    collection text,
    query_vec vector,
    top_k bigint,
    filters jsonb,
    measure text,
    include_metadata boolean,
    include_vec boolean,
    max_distance double precision,
    ef_search bigint,
    probes bigint,
    strategy text,
    vector_sql text,
    OUT exact_statement text,
    OUT index_statement text,
    OUT method text,
    OUT row_count double precision,
    OUT estimated_matches double precision,
    OUT exact_cost double precision,
    OUT selectivity double precision,
    OUT rows_required bigint,
    OUT candidates double precision,
    OUT rows_trusted double precision
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_operator text := CASE measure
    --% for name, measure in measures.items()
        WHEN '{{ name }}' THEN '{{ measure.operator }}'
    --% endfor
    END;
    -- pgvector's schema and a dot, cut from the name of its type. The search path does not include
    -- the schema, so the name is qualified. Under quote_all_identifiers it is quoted, too.
    v_pgvector text := rtrim(pg_typeof(query_vec)::text, '"vector');
    v_target record;
    v_distance text;
    v_columns text;
    v_from text;
    v_estimate text;
    v_use_index boolean;
BEGIN
    IF (
        query_vec IS NULL OR v_operator IS NULL OR top_k < 0
        OR strategy NOT IN ('auto', 'exact', 'index')
        OR coalesce(max_distance = 'NaN', false)
        OR coalesce(ef_search NOT BETWEEN 1 AND 1000, false)
        OR coalesce(probes NOT BETWEEN 1 AND 32768, false)
    ) THEN
        PERFORM vecs._check_search(
            query_vec IS NULL, top_k, measure, max_distance, ef_search, probes, strategy
        );
    END IF;

    -- Keep the collection from being dropped or altered until the search is done.
    PERFORM vecs._lock_collection(collection, 'read');
    v_target := vecs._search_target(collection, CASE v_operator
    --% for measure in measures.values()
        WHEN '{{ measure.operator }}' THEN '{{ measure.ops }}_ops'
    --% endfor
    END);
    IF v_target.method IS NULL THEN
        v_target.table_id := (vecs._collection(collection)).table_id;
    END IF;
    IF v_target.dimension > 0 AND v_target.dimension <> cardinality(query_vec::real[]) THEN
        {{ dimension_mismatch('cardinality(query_vec::real[])', 'v_target.dimension', 'collection')
            | indent(8) }}
    END IF;

    v_from := format(
        CASE
            WHEN filters <> '{}' THEN 'FROM vecs.%I AS t WHERE %s'
            ELSE 'FROM vecs.%I AS t'
        END,
        collection,
        CASE WHEN filters <> '{}' THEN vecs._filter_sql(filters, v_target.table_id) END
    );
    v_distance := format(
        '(t.vec OPERATOR(%s%s) %s::%s)', v_pgvector, v_operator, vector_sql, v_target.type
    );
    v_columns := format(
        '%s::%svector AS vec, %s AS metadata',
        CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END, v_pgvector,
        CASE WHEN include_metadata THEN 'coalesce(t.metadata, ''{}'')' ELSE 'NULL::jsonb' END
    );
    -- "+ 0" keeps the vector index from ordering the rows.
    exact_statement := format(
        'SELECT * FROM (SELECT t.id::text AS id, %s + 0 AS distance, %s %s) AS r %s'
        'ORDER BY r.distance, r.id LIMIT $2',
        v_distance, v_columns, v_from,
        CASE WHEN max_distance IS NOT NULL THEN 'WHERE r.distance <= $3 ' END
    );
    IF v_target.method IS NULL AND strategy <> 'exact' AND top_k > 0 THEN
        PERFORM vecs._notice_no_index(collection, measure);
    END IF;
    IF v_target.method IS NULL OR strategy = 'exact' OR top_k = 0 THEN
        RETURN;
    END IF;

    method := v_target.method;
    row_count := v_target.row_count;
    rows_required := top_k;
    candidates := top_k + 20.0;
    -- A row-level security policy is a filter, too.
    IF filters <> '{}' OR row_security_active(v_target.table_id) THEN
        EXECUTE format('EXPLAIN SELECT %s', v_from) INTO v_estimate;
        SELECT
            c.estimated_matches, c.exact_cost, c.selectivity, c.rows_required, c.candidates,
            c.use_index
        INTO estimated_matches, exact_cost, selectivity, rows_required, candidates, v_use_index
        FROM vecs._search_strategy(v_target.table_id, v_estimate, top_k, strategy) AS c;
        IF NOT v_use_index THEN
            RETURN;
        END IF;
    END IF;

    -- With max_distance, none is missed if the rows within it are few among the candidates.
    IF max_distance IS NOT NULL THEN
        candidates := greatest(400, 4.0 * top_k / coalesce(selectivity, 1));
        IF method = 'hnsw' AND strategy = 'auto' THEN
            rows_trusted := least(candidates, 1000) * coalesce(selectivity, 1) / 4;
        END IF;
    END IF;
    IF strategy = 'auto'
        AND (max_distance IS NOT NULL OR top_k > 1000)
        AND {{ costs.candidate }} * candidates > coalesce(exact_cost, row_count)
    THEN
        RETURN;
    END IF;

    index_statement := format(
        'SELECT t.id::text, %s, %s %s ORDER BY 2 LIMIT $2', v_distance, v_columns, v_from
    );
END
$fn$;

COMMENT ON FUNCTION vecs._search_plan(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, text) IS
$doc$Plan a search of a collection. Returns the exact statement and, where the index comes first, the statement by the index, the number of candidates, and the number of rows that it must find (rows_required).

Also returns what the choice was made from: the access method of the index (NULL: none, or not wanted), the number of rows (-1: no statistics) and, with a filter, estimated_matches, exact_cost and selectivity, see _search_strategy(). With max_distance, up to rows_trusted rows within it are taken to be complete. vector_sql is the SQL text of the vector in both statements.

Raises VS001 invalid_argument, VS002 collection_not_found, VS004 dimension_mismatch, VS005 invalid_filter, and the notice VSW01.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_plan(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, text) TO PUBLIC;
