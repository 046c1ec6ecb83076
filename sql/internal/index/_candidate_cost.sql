-- _candidate_cost: measure what a candidate of an hnsw index costs, relative to a row that an exact
-- search compares.
-- The more neighbours of a row were not looked at before, the more pages are read for a candidate:
-- 4 to 20. Pages are counted, since times vary. docs/strategy.md has the figures.
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._candidate_cost(
    collection text,
    measure text,
    index_id regclass,
    row_count bigint
)
RETURNS numeric
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_names constant text[] :=
        '{enable_sort,hnsw.ef_search,hnsw.iterative_scan,hnsw.max_scan_tuples}';
    v_candidates constant integer := 8 * {{ costs.list_size }};
    v_operator text := (vecs._measure(measure)).operator;
    v_before text[];
    v_vectors text[];
    v_vector text;
    v_plan jsonb;
    v_pages numeric := 0;
BEGIN
    EXECUTE format(
        $sql$
        SELECT array_agg(s.vec)
        FROM (
            SELECT t.vec::text AS vec
            FROM %1$s AS t TABLESAMPLE system (%4$s) REPEATABLE (2)
            WHERE (t.vec OPERATOR(%2$s%3$s) t.vec) <> 'NaN'
            ORDER BY hashtext(t.ctid::text)
            LIMIT 10
        ) AS s
        $sql$,
        v_collection.table_id,
        v_collection.pgvector,
        v_operator,
        least(100, 300000.0 / row_count)
    ) INTO v_vectors;

    v_before := vecs._swap_settings(
        v_names, ARRAY['off', '{{ costs.list_size }}', 'relaxed_order', '20000']
    );
    FOREACH v_vector IN ARRAY coalesce(v_vectors, '{}') LOOP
        EXECUTE format(
            'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)'
            ' SELECT FROM %s AS t ORDER BY t.vec OPERATOR(%s%s) %L::%s%s LIMIT %s',
            v_collection.relation,
            v_collection.pgvector,
            v_operator,
            v_vector,
            v_collection.pgvector,
            v_collection.element_type,
            v_candidates
        ) INTO v_plan;
        v_pages := v_pages
            + (v_plan #>> '{0,Plan,Shared Hit Blocks}')::numeric
            + (v_plan #>> '{0,Plan,Shared Read Blocks}')::numeric;
    END LOOP;
    PERFORM vecs._swap_settings(v_names, v_before);

    IF {{ search.uses_index('v_plan', 'index_id') | indent(4) }} THEN
        RETURN round(least(40, greatest(
            1, {{ costs.page }} * v_pages / cardinality(v_vectors) / v_candidates
        )), 1);
    END IF;
    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._candidate_cost(text, text, regclass, bigint) IS
$doc$Search with ten of a collection's vectors by an hnsw index, and return what a candidate costs, from the pages read: between 1.0 and 40.0 of the rows that an exact search compares. NULL if the planner does not use the index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._candidate_cost(text, text, regclass, bigint) TO PUBLIC;
