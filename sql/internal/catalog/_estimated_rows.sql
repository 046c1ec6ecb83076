-- _estimated_rows: estimate how many rows a collection has without reading any.
--% from 'macros/rows.sql' import estimated_rows
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._estimated_rows(
    collection text
)
RETURNS bigint
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_rows bigint;
BEGIN
    SELECT c.* INTO v_collection FROM vecs._collections(collection) AS c;
    IF {{ shard_count('v_collection.table_id') | indent(4) }} IS NOT NULL THEN
        RETURN (
            SELECT e.matches
            FROM vecs._estimate_on_shards(
                v_collection.table_id::text, NULL::text, v_collection.view_id IS NULL
            ) AS e
        );
    END IF;
    -- pg_partition_tree is empty for a table that is not partitioned.
    SELECT coalesce(sum({{ estimated_rows('k', 'v_collection') | indent(4) }}), 0)::bigint
    INTO v_rows
    FROM pg_class AS k
    WHERE k.relkind IN ('r', 'm')
        AND k.oid = ANY (
            ARRAY(SELECT p.relid FROM pg_partition_tree(v_collection.table_id) AS p)
            || v_collection.table_id
        );
    RETURN v_rows;
END
$fn$;

COMMENT ON FUNCTION vecs._estimated_rows(text) IS
$doc$Return about how many rows a collection has, from its size and the statistics of the last ANALYZE. Reads no row.$doc$;

GRANT EXECUTE ON FUNCTION vecs._estimated_rows(text) TO PUBLIC;
