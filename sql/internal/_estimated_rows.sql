-- _estimated_rows: about how many rows a table has, without reading any.
-- As the planner does it: the rows a page had at the last ANALYZE, times the pages there are now;
-- where there was none, by the width of a row. Metadata is taken for 32 bytes, as the planner does.

CREATE OR REPLACE FUNCTION vecs._estimated_rows(
    table_id regclass
)
RETURNS bigint
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    -- pg_partition_tree is empty for a table that is not partitioned.
    SELECT coalesce(sum(
        CASE
            WHEN c.relpages > 0 AND c.reltuples >= 0 THEN c.reltuples / c.relpages * s.pages
            ELSE s.pages * (s.page_bytes - 24) / (4 + 24 + 32 + 32 + w.bytes)
        END
    ), 0)::bigint
    FROM pg_class AS c
    LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'vec'
    LEFT JOIN pg_type AS y ON y.oid = a.atttypid
    CROSS JOIN LATERAL (
        SELECT
            pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages,
            current_setting('block_size')::bigint AS page_bytes
    ) AS s
    CROSS JOIN LATERAL (
        SELECT greatest(a.atttypmod, 1) * CASE y.typname WHEN 'halfvec' THEN 2 ELSE 4 END AS bytes
    ) AS v
    -- What does not fit into a page is stored elsewhere, and a pointer to it here.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN v.bytes > 8000 THEN 18 ELSE v.bytes + 8 END AS bytes
    ) AS w
    WHERE c.relkind = 'r'
        AND c.oid IN (
            SELECT _estimated_rows.table_id
            UNION ALL
            SELECT p.relid FROM pg_partition_tree(_estimated_rows.table_id) AS p
        );
$fn$;

COMMENT ON FUNCTION vecs._estimated_rows(regclass) IS
$doc$About how many rows a table has, by its size and the statistics of the last ANALYZE; reads no row.$doc$;

GRANT EXECUTE ON FUNCTION vecs._estimated_rows(regclass) TO PUBLIC;
