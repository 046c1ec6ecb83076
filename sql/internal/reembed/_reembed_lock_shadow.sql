-- _reembed_lock_shadow: keep a shadow from being dropped until the end of the transaction, and make
-- sure that it is still that of this run.
-- Takes ROW EXCLUSIVE on the shadow.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs._reembed_lock_shadow(
    collection text,
    shadow text,
    run text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_mark jsonb;
BEGIN
    PERFORM vecs._lock_collection(shadow, 'write');
    v_mark := vecs._reembed_mark(to_regclass(format('vecs.%I', shadow)));
    IF v_mark ->> 'run' IS DISTINCT FROM run THEN
        RAISE object_in_use USING
            MESSAGE = format(
                CASE
                    WHEN v_mark IS NULL THEN 'the shadow of "%s", "%s", was dropped or published'
                    ELSE 'another session has taken over the re-embedding of "%s" in "%s"'
                END,
                collection, shadow
            ),
            HINT = CASE
                WHEN v_mark IS NULL THEN 'If nobody has published it, run the re-embedding again.'
                ELSE 'Let the other session end. What was embedded here is used there.'
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_lock_shadow(text, text, text) IS
$doc$Lock a shadow for writing. Raises 55006 object_in_use if it is no longer that of the run.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_lock_shadow(text, text, text) TO PUBLIC;
