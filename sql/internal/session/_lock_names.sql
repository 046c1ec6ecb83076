-- _lock_names: keep others from creating, renaming or indexing collections of some names until the
-- end of the transaction.
-- In an order of its own, so that two sessions that name the same ones do not deadlock.

CREATE OR REPLACE FUNCTION vecs._lock_names(
    names text[]
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_key integer;
    v_name text;
BEGIN
    PERFORM vecs._check_coordinator();
    PERFORM vecs._check_not_building(n.name, c.table_id)
    FROM unnest(names) AS n (name)
    CROSS JOIN LATERAL vecs._collections(n.name) AS c;
    FOR v_key IN
        SELECT DISTINCT hashtext(n.name) AS key FROM unnest(names) AS n (name) ORDER BY key
    LOOP
        PERFORM pg_advisory_xact_lock(hashtext('vecs.create_collection'), v_key);
    END LOOP;
    -- After waiting, the session's cache of names may be out of date; a lock renews it.
    FOREACH v_name IN ARRAY names LOOP
        PERFORM vecs._lock_collection(v_name, 'read');
    END LOOP;
    FOR v_key IN
        SELECT DISTINCT c.table_id::oid::integer AS key
        FROM unnest(names) AS n (name)
        CROSS JOIN LATERAL vecs._collections(n.name) AS c
        ORDER BY key
    LOOP
        PERFORM pg_advisory_xact_lock(hashtext('vecs.create_index'), v_key);
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._lock_names(text[]) IS
$doc$Wait for sessions that create, adopt or rename a collection of one of these names, or build an index of one, and keep others from it until the end of the transaction.$doc$;

GRANT EXECUTE ON FUNCTION vecs._lock_names(text[]) TO PUBLIC;
