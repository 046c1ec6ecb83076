-- _explain_index: find the vector index in a plan.
--% from 'macros/shards.sql' import shard_count

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
    CROSS JOIN LATERAL (
        SELECT
            position(format('Index Scan using %I on ', c.relname) IN p.line) > 0 AS is_exact,
            -- Of a shard's index the number follows the name.
            CASE WHEN {{ shard_count('k.table_id') | indent(12) }} IS NOT NULL THEN
                substring(p.line FROM 'Index Scan using "?([^"]*)_[0-9]+"? on ')
            END AS name
        FROM jsonb_array_elements_text(_explain_index.plan) AS p (line)
    ) AS u
    -- Citus cuts a long name, and adds a hash.
    WHERE u.is_exact OR starts_with(c.relname, regexp_replace(u.name, '_[0-9a-f]{8}$', ''))
    ORDER BY u.is_exact OR u.name = c.relname DESC, c.relname
    LIMIT 1;
$fn$;

COMMENT ON FUNCTION vecs._explain_index(text, jsonb) IS
$doc$Return the name of the collection's vector index that a plan, an array of lines, uses, or NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_index(text, jsonb) TO PUBLIC;
