-- _lock_to_build: keep a collection from being written, dropped or changed until the end of the
-- transaction. Takes SHARE on its table, as CREATE INDEX does.

CREATE OR REPLACE FUNCTION vecs._lock_to_build(
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
        EXECUTE format('LOCK TABLE ONLY vecs.%I IN SHARE MODE', collection);
    END IF;
EXCEPTION
    -- What is wrong, if anything, is told by whoever looks at the collection or builds the index.
    WHEN undefined_table OR wrong_object_type OR insufficient_privilege THEN
        NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._lock_to_build(text) IS
$doc$Lock a collection's table, if there is one and that is allowed, as the build of an index does.$doc$;

GRANT EXECUTE ON FUNCTION vecs._lock_to_build(text) TO PUBLIC;
