-- list_collections: list the collections of the database.
-- Reads no rows: row-level security policies on them could run the code of others.
--% from 'macros/rows.sql' import estimated_rows
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs.list_collections()
RETURNS TABLE (
    name text,
    dimension integer,
    element_type text,
    approximate_count bigint,
    total_bytes bigint
)
LANGUAGE sql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT
        c.name,
        c.dimension,
        c.element_type,
        CASE
            WHEN NOT has_table_privilege(c.table_id, 'SELECT') THEN NULL
            WHEN d.shards IS NOT NULL THEN (
                SELECT n.row_count FROM vecs._count_on_shards(c.table_id, false) AS n
            )
            WHEN k.relkind = 'p' THEN vecs._estimated_rows(c.name)
            ELSE {{ estimated_rows('k', 'c') | indent(12) }}
        END,
        b.bytes
    FROM vecs._collections(NULL::text) AS c
    JOIN pg_class AS k ON k.oid = c.table_id
    CROSS JOIN LATERAL (SELECT {{ shard_count('c.table_id') | indent(4) }} AS shards OFFSET 0) AS d
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN k.relkind = 'p' OR d.shards IS NOT NULL
                THEN vecs._relation_bytes(c.table_id, true)
            ELSE pg_total_relation_size(c.table_id)
        END AS bytes
        OFFSET 0
    ) AS b
    -- A collection that was dropped concurrently has no size.
    WHERE b.bytes IS NOT NULL OR d.shards IS NOT NULL
    ORDER BY c.name;
$fn$;

COMMENT ON FUNCTION vecs.list_collections() IS
$doc$List the collections of the database by name, including those that the vecs client created.

approximate_count is an estimate from the size of the table and the statistics of the last ANALYZE, and NULL if you may not read the collection; count_rows() counts. total_bytes includes the indexes. Both are NULL for a collection on shards while a node of the cluster is away, and total_bytes in a transaction that has written it. dimension is -1 if the column has none. A collection that another session is dropping is waited for and left out.$doc$;

GRANT EXECUTE ON FUNCTION vecs.list_collections() TO PUBLIC;
