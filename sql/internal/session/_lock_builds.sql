-- _lock_builds: keep others from building or dropping indexes of a collection, and from renaming
-- it, until the end of the transaction.
-- Two sessions that build or drop indexes would deadlock at the end. The second waits here, before
-- it takes a lock on the table. By then the name may be that of another table.

CREATE OR REPLACE FUNCTION vecs._lock_builds(
    collection text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_table regclass;
BEGIN
    PERFORM vecs._check_coordinator();
    LOOP
        v_table := (vecs._collection(collection)).table_id;
        PERFORM vecs._check_not_building(collection, v_table);
        PERFORM pg_advisory_xact_lock(hashtext('vecs.create_index'), v_table::oid::integer);
        -- After waiting, the session's cache of names may be out of date; a lock renews it.
        PERFORM vecs._lock_collection(collection, 'read');
        -- One may have begun in the meantime.
        PERFORM vecs._check_not_building(collection, v_table);
        EXIT WHEN (vecs._collection(collection)).table_id = v_table;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._lock_builds(text) IS
$doc$Wait for a session that builds or drops an index of a collection, or renames it, and keep others from it until the end of the transaction.

Raises VS001 invalid_argument for NULL, VS002 collection_not_found, and 55006 if an index is being built concurrently.$doc$;

GRANT EXECUTE ON FUNCTION vecs._lock_builds(text) TO PUBLIC;
