-- list_collections: the collections of the database.

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
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT
        c.name,
        c.dimension,
        c.element_type,
        CASE
            WHEN has_table_privilege(c.table_id, 'SELECT')
                THEN (vecs._approximate_count(c.table_id)).row_count
        END AS approximate_count,
        vecs._table_bytes(c.table_id) AS total_bytes
    FROM vecs._collections() AS c
    ORDER BY c.name;
$fn$;

COMMENT ON FUNCTION vecs.list_collections() IS
$doc$The collections of the database, those that the vecs client made included, by name.

approximate_count is from the statistics of the last ANALYZE, exact while there are none, and NULL where you may not read the collection; total_bytes is the table with its indexes; dimension is -1 where the column has none.$doc$;

GRANT EXECUTE ON FUNCTION vecs.list_collections() TO PUBLIC;
