-- _candidate_costs: measure what candidates of an hnsw index cost, relative to a row that an exact
-- search compares.
-- The more neighbours of a row were not looked at before, the more pages are read for a candidate:
-- 4 to 20. Pages are counted, since times vary. Farther candidates are cheaper where vectors are
-- spread evenly, and dearer beyond the cluster of the query vector, so they are measured apart.
-- Where the graph does not lead to all of the farther rows, an exact search is better: if a
-- twentieth is missed, farther candidates cost twice as much. docs/strategy.md has the figures.
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._candidate_costs(
    collection text,
    measure text,
    index_id regclass,
    index_precision text,
    row_count bigint
)
RETURNS numeric[]
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
    v_operator text := (vecs._measure(measure)).operator;
    v_order text := vecs._search_order(
        index_precision, format('t.%I', v_collection.vec_column), 'v.vec', v_collection.pgvector,
        v_collection.dimension, v_operator
    );
    v_before text[];
    v_vectors text[];
    v_candidates integer;
    v_plan jsonb;
    v_rows numeric;
    v_pages numeric;
    v_rows_before numeric := 0;
    v_pages_before numeric := 0;
    v_costs numeric[] := '{}';
    v_recall double precision;
BEGIN
    EXECUTE format(
        $sql$
        SELECT array_agg(s.vec)
        FROM (
            SELECT t.%5$I::text AS vec
            FROM %1$s AS t TABLESAMPLE system (%4$s) REPEATABLE (2)
            WHERE (t.%5$I OPERATOR(%2$s%3$s) t.%5$I) <> 'NaN'
            ORDER BY hashtext(t.ctid::text)
            LIMIT 10
        ) AS s
        $sql$,
        v_collection.table_id,
        v_collection.pgvector,
        v_operator,
        least(100, 300000.0 / row_count),
        v_collection.vec_column
    ) INTO v_vectors;
    IF v_vectors IS NULL THEN
        RETURN NULL;
    END IF;

    v_before := vecs._swap_settings(
        v_names, ARRAY['off', '{{ costs.list_size }}', 'relaxed_order', '1000000']
    );
    FOREACH v_candidates IN ARRAY ARRAY[{{ costs.nearest }}, {{ 4 * costs.nearest }}] LOOP
        EXECUTE format(
            $sql$
            EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)
            SELECT
            FROM unnest(%6$L::%2$s%4$s[]) AS v (vec)
            CROSS JOIN LATERAL (
                SELECT FROM %1$s AS t ORDER BY %3$s LIMIT %5$s
            ) AS c
            $sql$,
            v_collection.table_id,
            v_collection.pgvector,
            v_order,
            v_collection.element_type,
            v_candidates,
            v_vectors
        ) INTO v_plan;
        EXIT WHEN NOT {{ search.uses_index('v_plan', 'index_id') | indent(8) }};

        v_rows := (v_plan #>> '{0,Plan,Actual Rows}')::numeric;
        v_pages := (v_plan #>> '{0,Plan,Shared Hit Blocks}')::numeric
            + (v_plan #>> '{0,Plan,Shared Read Blocks}')::numeric;
        v_costs := v_costs || round(least(40, greatest(1, coalesce(
            {{ costs.page }} * (v_pages - v_pages_before) / nullif(v_rows - v_rows_before, 0), 40
        ))), 1);
        v_rows_before := v_rows;
        v_pages_before := v_pages;
    END LOOP;
    -- Bits tell little about farther rows, whatever the graph.
    IF v_costs <> '{}' AND index_precision <> 'binary' THEN
        v_recall := vecs._farther_recall(
            collection, measure, index_precision, v_vectors, row_count
        );
    END IF;
    PERFORM vecs._swap_settings(v_names, v_before);

    IF v_recall < {{ costs.farther_recall }} THEN
        v_costs[2] := round(least(
            40, v_costs[2] * (1 + {{ costs.missed }} * (1 - v_recall))::numeric
        ), 1);
    END IF;
    RETURN nullif(v_costs, '{}');
END
$fn$;

COMMENT ON FUNCTION vecs._candidate_costs(text, text, regclass, text, bigint) IS
$doc$Search with ten of a collection's vectors by an hnsw index, and return what one of the nearest {{ costs.nearest }} candidates costs, and a farther one, from the pages read: between 1.0 and 40.0 of the rows that an exact search compares. A farther one costs more where the index misses rows so far away. NULL if the planner does not use the index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._candidate_costs(text, text, regclass, text, bigint) TO PUBLIC;
