-- _refresh_statistics: collect statistics and empty the pending lists of GIN indexes.
-- Autovacuum does both some time after a bulk load. Until then the planner cannot estimate a
-- filter, and each search reads through the pending list of the index on the metadata. Citus has
-- the shards analyzed; their pending lists are left to autovacuum.

CREATE OR REPLACE FUNCTION vecs._refresh_statistics(
    table_id regclass
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM gin_clean_pending_list(i.indexrelid)
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = table_id AND m.amname = 'gin' AND i.indisvalid;

    EXECUTE format('ANALYZE %s', table_id);
END
$fn$;

COMMENT ON FUNCTION vecs._refresh_statistics(regclass) IS
$doc$Run ANALYZE on a collection's table, and move the entries in the pending lists of its GIN indexes to their place.$doc$;

GRANT EXECUTE ON FUNCTION vecs._refresh_statistics(regclass) TO PUBLIC;
