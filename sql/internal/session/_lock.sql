-- _lock: keep a collection from being dropped or changed until the end of the transaction.
-- Takes on its table what reading (ACCESS SHARE), writing (ROW EXCLUSIVE) or the build of an index
-- (SHARE) takes, before any weaker lock: with one of these a rebuild of an index could begin, and
-- then each of the two would wait for the other.

CREATE OR REPLACE FUNCTION vecs._lock(
    collection text,
    purpose text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- Else there is no such collection.
    IF octet_length(collection) BETWEEN 1 AND 63 THEN
        EXECUTE format(
            CASE purpose
                WHEN 'read' THEN 'LOCK TABLE ONLY vecs.%I IN ACCESS SHARE MODE'
                WHEN 'write' THEN 'LOCK TABLE ONLY vecs.%I IN ROW EXCLUSIVE MODE'
                ELSE 'LOCK TABLE ONLY vecs.%I IN SHARE MODE'
            END,
            collection
        );
    END IF;
EXCEPTION
    -- What is wrong, if anything, is told by whoever looks at the collection or uses it.
    WHEN undefined_table OR wrong_object_type THEN
        NULL;
    WHEN insufficient_privilege THEN
        -- A privilege on single columns does not allow LOCK TABLE, but it does allow to write. In a
        -- transaction that is read-only, the write says so.
        IF purpose = 'write'
            AND current_setting('transaction_read_only') = 'off'
            AND EXISTS (SELECT FROM vecs._collections(collection))
        THEN
            EXECUTE format('EXPLAIN UPDATE vecs.%I SET metadata = NULL WHERE false', collection);
        END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._lock(text, text) IS
$doc$Lock a collection's table, if there is one and that is allowed, against being dropped or altered until the end of the transaction; the purpose is read, write or build.$doc$;

GRANT EXECUTE ON FUNCTION vecs._lock(text, text) TO PUBLIC;
