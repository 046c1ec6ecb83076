-- _relation_bytes: measure a table, with or without its indexes, or an index.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._relation_bytes(
    relation_id regclass,
    with_indexes boolean
)
RETURNS bigint
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_table regclass := coalesce(
        (SELECT i.indrelid FROM pg_index AS i WHERE i.indexrelid = relation_id), relation_id
    );
BEGIN
    IF {{ shard_count('v_table') | indent(4) }} IS NOT NULL THEN
        RETURN vecs._bytes_on_shards(relation_id, with_indexes);
    END IF;
    -- pg_partition_tree is empty for what is not partitioned.
    RETURN (
        SELECT sum(CASE
            WHEN with_indexes THEN pg_total_relation_size(r.relation_id)
            WHEN c.relkind IN ('i', 'I') THEN pg_relation_size(r.relation_id)
            ELSE pg_table_size(r.relation_id)
        END)::bigint
        FROM (
            SELECT _relation_bytes.relation_id
            UNION
            SELECT p.relid FROM pg_partition_tree(_relation_bytes.relation_id) AS p
        ) AS r (relation_id)
        JOIN pg_class AS c ON c.oid = r.relation_id
    );
END
$fn$;

COMMENT ON FUNCTION vecs._relation_bytes(regclass, boolean) IS
$doc$Return the size of a table in bytes, with its TOAST table and, if they are wanted, its indexes, or the size of an index; with those of its partitions or shards. NULL for shards that cannot be asked.$doc$;

GRANT EXECUTE ON FUNCTION vecs._relation_bytes(regclass, boolean) TO PUBLIC;
