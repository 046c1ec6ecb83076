-- _explain_index: find the vector index in a plan.

CREATE OR REPLACE FUNCTION vecs._explain_index(
    collection text,
    plan jsonb
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    SELECT i.name
    FROM vecs._collection(_explain_index.collection) AS k
    CROSS JOIN LATERAL vecs._vector_indexes(k.table_id, k.vec_column) AS i
    -- The plan has the indexes of the partitions.
    JOIN pg_class AS c
        ON c.oid = i.index_id OR c.oid IN (SELECT t.relid FROM pg_partition_tree(i.index_id) AS t)
    JOIN jsonb_array_elements_text(_explain_index.plan) AS p (line)
        ON position(format('Index Scan using %I on ', c.relname) IN p.line) > 0
    LIMIT 1;
$fn$;

COMMENT ON FUNCTION vecs._explain_index(text, jsonb) IS
$doc$Return the name of the collection's vector index that a plan, an array of lines, uses, or NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_index(text, jsonb) TO PUBLIC;
