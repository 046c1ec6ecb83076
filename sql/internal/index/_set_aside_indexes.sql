-- _set_aside_indexes: drop the vector indexes for a load, which _restore_indexes() ends.
-- Takes ACCESS EXCLUSIVE on the collection's table until the end of the transaction. Both are to be
-- in one transaction: if it fails, the indexes are as they were. That a client has died during the
-- build, the server would notice at its end, and others wait: so it looks for that meanwhile.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs._set_aside_indexes(
    collection text,
    wait boolean
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_before text[];
    v_interval text := current_setting('client_connection_check_interval');
    v_schema text;
    v_indexes jsonb;
    v_name text;
    v_detail text;
    v_hint text;
BEGIN
    IF NOT wait THEN
        v_before := vecs._swap_settings('{lock_timeout}'::text[], '{1s}'::text[]);
    END IF;
    PERFORM vecs._lock_builds(collection);
    v_schema := vecs._schema((vecs._collection(collection)).table_id);
    SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.name), '[]')
    INTO v_indexes
    FROM vecs._restorable_indexes(collection) AS r;
    FOR v_name IN SELECT r.name FROM jsonb_to_recordset(v_indexes) AS r (name text) LOOP
        EXECUTE format('DROP INDEX %s.%I', v_schema, v_name);
    END LOOP;
    IF NOT wait THEN
        PERFORM vecs._swap_settings('{lock_timeout}'::text[], v_before);
    END IF;

    IF v_interval = '0' AND v_indexes <> '[]' THEN
        BEGIN
            PERFORM vecs._swap_settings(
                '{client_connection_check_interval}'::text[], '{5s}'::text[]
            );
        EXCEPTION
            -- Not on every system.
            WHEN invalid_parameter_value THEN
                NULL;
        END;
    END IF;
    RETURN jsonb_build_object('indexes', v_indexes, 'check_interval', v_interval);
EXCEPTION
    {{ reraise() | indent(4) }}
    WHEN lock_not_available OR object_in_use OR deadlock_detected THEN
        IF wait THEN
            RAISE;
        END IF;
        RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._set_aside_indexes(text, boolean) IS
$doc$Drop the vector indexes of a collection that _restorable_indexes() lists, until the end of a load, and return what _restore_indexes() needs. If it is not to wait, NULL when others hold the table for more than a second, or build an index: then nothing is dropped or locked.

Raises VS001 invalid_argument for NULL, VS002 collection_not_found, and 55006 if an index is being built concurrently.$doc$;

GRANT EXECUTE ON FUNCTION vecs._set_aside_indexes(text, boolean) TO PUBLIC;
