-- _reembed_lock: keep everybody from reading and writing a collection, for the moment in which its
-- shadow takes its place, and bring the shadow up to date.
-- Takes ACCESS EXCLUSIVE on both tables. A weaker lock first would let readers go on, but then a
-- session that has read and wants to write would deadlock with the swap. Others wait behind this,
-- so after a second it fails and lets them pass.

CREATE OR REPLACE FUNCTION vecs._reembed_lock(
    collection text,
    shadow text,
    text_key text,
    run text,
    leave_dependents boolean,
    OUT pending bigint,
    OUT without_text bigint,
    OUT pending_ids text[],
    OUT ids_without_text text[]
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $fn$
DECLARE
    v_collection record;
    v_shadow record;
BEGIN
    -- A snapshot from before the lock would miss what was written while this waited for it.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'a re-embedding ends in a transaction of the level read committed',
            HINT = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED;';
    END IF;
    PERFORM vecs._lock_names(ARRAY[collection, shadow]);
    PERFORM vecs._reembed_lock_shadow(collection, shadow, run);
    PERFORM vecs._reembed_check(collection, leave_dependents);
    v_collection := vecs._collection(collection);
    v_shadow := vecs._collection(shadow);
    EXECUTE format(
        'LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE', v_collection.relation, v_shadow.relation
    );
    SELECT s.pending, s.without_text, s.pending_ids, s.ids_without_text
    INTO
        _reembed_lock.pending, _reembed_lock.without_text,
        _reembed_lock.pending_ids, _reembed_lock.ids_without_text
    FROM vecs._reembed_sync(collection, shadow, text_key) AS s;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_lock(text, text, text, text, boolean) IS
$doc$Lock a collection and its shadow, and return what _reembed_sync() returns.

Raises 55P03 lock_not_available if others use the collection for more than a second, and the errors of _reembed_check() and _reembed_lock_shadow().$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_lock(text, text, text, text, boolean) TO PUBLIC;
