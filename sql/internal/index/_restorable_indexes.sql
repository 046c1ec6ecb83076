-- _restorable_indexes: list the vector indexes that create_index() would make again as they are.
-- Not those that the owner of an adopted table has made, nor what has a comment or a tablespace of
-- its own. Of two for one measure, create_index() would replace one by the other.
--% import 'macros/index_comment.sql' as index_comment with context

CREATE OR REPLACE FUNCTION vecs._restorable_indexes(
    collection text
)
RETURNS TABLE (
    name text,
    measure text,
    method text,
    arguments jsonb,
    filters jsonb,
    measured jsonb
)
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    RETURN QUERY
    WITH indexes AS MATERIALIZED (
        SELECT i.*
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    )
    SELECT
        i.name,
        i.measure,
        i.method,
        -- pgvector does not store its own defaults.
        CASE i.method
            WHEN 'hnsw' THEN '{"m": 16, "ef_construction": 64}'::jsonb
            ELSE '{"lists": 100}'
        END
            || vecs._index_parameters(i.index_id)
            || jsonb_build_object('precision', i.index_precision)
            || CASE i.index_precision WHEN 'binary' THEN '{"min_recall": 0}' ELSE '{}' END::jsonb,
        i.filters,
        jsonb_strip_nulls(jsonb_build_object(
            'candidates', {{ index_comment.candidate_costs('d.comment') | indent(12) }}::numeric[]
        )) || vecs._measured_when_built(i.index_id) - 'recall_when_built'
    FROM indexes AS i
    JOIN pg_class AS c ON c.oid = i.index_id
    CROSS JOIN LATERAL obj_description(c.oid, 'pg_class') AS d (comment)
    -- The indexes of a partitioned table are made of those of its partitions.
    JOIN pg_class AS t ON t.oid = v_collection.table_id AND t.relkind = 'r'
    WHERE i.valid
        AND c.reltablespace = 0
        AND CASE
            WHEN v_collection.view_id IS NULL AND d.comment IS NULL THEN true
            ELSE vecs._rows_when_built(i.index_id) IS NOT NULL
        END
        AND NOT EXISTS (
            SELECT
            FROM indexes AS o
            WHERE o.index_id <> i.index_id
                AND o.measure = i.measure
                AND o.filters IS NOT DISTINCT FROM i.filters
        )
    ORDER BY i.name;
END
$fn$;

COMMENT ON FUNCTION vecs._restorable_indexes(text) IS
$doc$Return the vector indexes of a collection that can be dropped and made again as they are, the arguments of create_index() that do so, and what was measured of them and holds on: candidates, ef_search, probes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._restorable_indexes(text) TO PUBLIC;
