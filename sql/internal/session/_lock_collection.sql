-- _lock_collection: keep a collection from being dropped or altered until the end of the
-- transaction.
-- Takes on its table what reading (ACCESS SHARE), writing (ROW EXCLUSIVE), building an index
-- (SHARE) or altering it (ACCESS EXCLUSIVE) takes, before any weaker lock. After a weaker lock
-- another session could begin to rebuild an index, and the two would deadlock.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._lock_collection(
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
    -- No collection has another name. Citus would lock the shards of a distributed one, too:
    -- several round trips, more than a search takes, before what reads or writes locks them itself.
    IF octet_length(collection) BETWEEN 1 AND 63 AND (
        purpose NOT IN ('read', 'write')
        OR {{ shard_count("vecs._base_table(collection)") | indent(8) }} IS NULL
    ) THEN
        EXECUTE format(
            CASE purpose
                WHEN 'read' THEN 'LOCK TABLE ONLY vecs.%I IN ACCESS SHARE MODE'
                WHEN 'write' THEN 'LOCK TABLE ONLY vecs.%I IN ROW EXCLUSIVE MODE'
                WHEN 'alter' THEN 'LOCK TABLE ONLY vecs.%I IN ACCESS EXCLUSIVE MODE'
                ELSE 'LOCK TABLE ONLY vecs.%I IN SHARE MODE'
            END,
            collection
        );
    END IF;
EXCEPTION
    -- Whoever looks up the collection or uses it reports what is wrong, if anything.
    WHEN undefined_table OR wrong_object_type THEN
        NULL;
    WHEN insufficient_privilege THEN
        -- A privilege on single columns suffices for writing, but not for LOCK TABLE; planning a
        -- write takes the lock. In a read-only transaction the write itself fails.
        IF purpose = 'write'
            AND current_setting('transaction_read_only') = 'off'
            AND EXISTS (SELECT FROM vecs._collections(collection) AS c WHERE c.view_id IS NULL)
        THEN
            EXECUTE format('EXPLAIN UPDATE vecs.%I SET metadata = NULL WHERE false', collection);
        END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._lock_collection(text, text) IS
$doc$Lock a collection's table, if it exists and the role may, against being dropped or altered until the end of the transaction. The purpose is read, write, build or alter. A distributed collection is not locked for reading or writing.$doc$;

GRANT EXECUTE ON FUNCTION vecs._lock_collection(text, text) TO PUBLIC;
