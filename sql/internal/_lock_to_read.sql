-- _lock_to_read: keep a collection from being dropped or changed until the end of the transaction.
-- Takes ACCESS SHARE on its table, as reading does.

CREATE OR REPLACE FUNCTION vecs._lock_to_read(
    collection text
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
        EXECUTE format('LOCK TABLE ONLY vecs.%I IN ACCESS SHARE MODE', collection);
    END IF;
EXCEPTION
    -- What is wrong, if anything, is told by whoever looks at the collection or reads it.
    WHEN undefined_table OR wrong_object_type OR insufficient_privilege THEN
        NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._lock_to_read(text) IS
$doc$Lock a collection's table, if there is one and it may be read, against being dropped or altered until the end of the transaction, as a read does.$doc$;

GRANT EXECUTE ON FUNCTION vecs._lock_to_read(text) TO PUBLIC;
