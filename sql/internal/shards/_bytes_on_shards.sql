-- _bytes_on_shards: measure a distributed table, with or without its indexes, or an index.
-- Citus does not measure in a transaction that has written many shards, nor while a node is away.

CREATE OR REPLACE FUNCTION vecs._bytes_on_shards(
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
    v_before text[];
    v_bytes bigint;
BEGIN
    -- Citus warns of nodes that are away.
    v_before := vecs._swap_settings('{client_min_messages}'::text[], '{error}'::text[]);
    -- pg_partition_tree is empty for what is not partitioned.
    EXECUTE format('SELECT sum(%s(p.relation_id)) FROM unnest($1) AS p (relation_id)', CASE
        WHEN with_indexes THEN 'citus_total_relation_size'
        WHEN with_indexes IS NULL
            OR EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = relation_id)
            THEN 'citus_relation_size'
        ELSE 'citus_table_size'
    END) INTO v_bytes USING ARRAY(
        SELECT relation_id
        UNION
        SELECT p.relid FROM pg_partition_tree(relation_id) AS p
    );
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], v_before);
    RETURN v_bytes;
EXCEPTION
    WHEN active_sql_transaction OR connection_exception THEN
        RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._bytes_on_shards(regclass, boolean) IS
$doc$Return the size in bytes of a distributed table on all nodes, with its TOAST tables and, if they are wanted, its indexes (NULL: of its pages alone), or of an index. NULL while Citus cannot tell.$doc$;

GRANT EXECUTE ON FUNCTION vecs._bytes_on_shards(regclass, boolean) TO PUBLIC;
