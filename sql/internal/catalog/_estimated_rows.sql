-- _estimated_rows: estimate how many rows a collection has without reading any.
--% from 'macros/rows.sql' import estimated_rows

CREATE OR REPLACE FUNCTION vecs._estimated_rows(
    collection text
)
RETURNS bigint
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    -- pg_partition_tree is empty for a table that is not partitioned.
    SELECT coalesce(sum({{ estimated_rows('k', 'c') | indent(4) }}), 0)::bigint
    FROM vecs._collections(_estimated_rows.collection) AS c
    JOIN pg_class AS k ON k.relkind IN ('r', 'm') AND k.oid = ANY (
        ARRAY(SELECT p.relid FROM pg_partition_tree(c.table_id) AS p) || c.table_id
    );
$fn$;

COMMENT ON FUNCTION vecs._estimated_rows(text) IS
$doc$Return about how many rows a collection has, from its size and the statistics of the last ANALYZE. Reads no row.$doc$;

GRANT EXECUTE ON FUNCTION vecs._estimated_rows(text) TO PUBLIC;
