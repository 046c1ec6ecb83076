-- _distances_on_shards: search by an hnsw index of a distributed collection with some vectors.
-- Measures a new index before searches use it: orders as this index does, so that the planner
-- cannot prefer another. If rows were updated in place (HOT) before the build, this transaction
-- cannot use the index, and no row is returned.

CREATE OR REPLACE FUNCTION vecs._distances_on_shards(
    collection text,
    measure text,
    index_precision text,
    filters jsonb,
    vectors text[],
    candidates integer,
    list_size integer
)
RETURNS TABLE (
    number integer,
    distances double precision[]
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_operator text := (vecs._measure(measure)).operator;
    v_names constant text[] := '{enable_sort,jit,hnsw.ef_search,hnsw.iterative_scan}';
    v_statements text[];
    v_before text[];
    v_plan jsonb;
BEGIN
    -- A statement with a vector as its parameter cannot be explained.
    SELECT array_agg(format(
        'SELECT (t.%1$I OPERATOR(%2$s%3$s) %9$s::%2$s%4$s) AS distance FROM %5$s AS t%6$s'
        ' ORDER BY %7$s LIMIT %8$s',
        v_collection.vec_column,
        v_collection.pgvector,
        v_operator,
        v_collection.element_type,
        v_collection.table_id,
        ' WHERE ' || CASE
            WHEN filters IS NOT NULL
                THEN vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id)
        END,
        vecs._search_order(
            index_precision, format('t.%I', v_collection.vec_column),
            format('%s::%s%s', v.vec, v_collection.pgvector, v_collection.element_type),
            v_collection.pgvector, v_collection.dimension, v_operator
        ),
        candidates,
        v.vec
    ))
    INTO v_statements
    FROM unnest(ARRAY['$1', quote_literal(vectors[1])]) AS v (vec);
    SELECT s.before INTO v_before
    FROM vecs._swap_settings_on_shards(
        v_names, ARRAY['off', 'off', list_size::text, 'relaxed_order']
    ) AS s (before);
    FOR v_number IN 1..cardinality(vectors) LOOP
        number := v_number;
        EXECUTE format(
            'WITH c AS MATERIALIZED (%s) SELECT array_agg(c.distance ORDER BY c.distance) FROM c',
            v_statements[1]
        ) INTO distances USING vectors[number];
        -- By now a transaction has the settings on the shards. One of them is looked at.
        IF number = 1 THEN
            EXECUTE format('EXPLAIN (FORMAT JSON) %s', v_statements[2]) INTO v_plan;
            EXIT WHEN NOT jsonb_path_exists(v_plan, '$.**."Node Type" ? (@ == "Index Scan")');
        END IF;
        RETURN NEXT;
    END LOOP;
    SELECT s.before INTO v_before
    FROM vecs._swap_settings_on_shards(v_names, v_before) AS s (before);
END
$fn$;

COMMENT ON FUNCTION vecs._distances_on_shards(text, text, text, jsonb, text[], integer, integer) IS
$doc$Search with each of some vectors by an index of a precision and a filter (NULL: over all rows), for so many candidates with a list of a size, and return the distances of the rows found, the nearest first. No row if the index cannot be used yet.$doc$;

GRANT EXECUTE ON FUNCTION vecs._distances_on_shards(text, text, text, jsonb, text[], integer, integer) TO PUBLIC;
