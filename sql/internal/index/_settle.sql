-- _settle: what autovacuum would do some time after a bulk load, for searches with a filter.
-- Without statistics the planner does not know what a filter matches; and new rows wait in a list
-- of the metadata's index that each search reads through.

CREATE OR REPLACE FUNCTION vecs._settle(
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

COMMENT ON FUNCTION vecs._settle(regclass) IS
$doc$Gather the statistics of a collection's table and of its indexes on the metadata, and empty the list of rows that wait to enter these.$doc$;

GRANT EXECUTE ON FUNCTION vecs._settle(regclass) TO PUBLIC;
