-- _reembed_publish: let a shadow take the place of its collection, with its privileges, policies,
-- row-level security, storage parameters and comment.
-- The caller holds the locks of _reembed_lock(), and has embedded what it returned.
--% from 'macros/errors.sql' import reraise

CREATE OR REPLACE FUNCTION vecs._reembed_publish(
    collection text,
    shadow text,
    text_key text,
    drop_old boolean
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET row_security = off
AS $fn$
DECLARE
    v_old regclass := format('vecs.%I', collection)::regclass;
    v_new regclass := format('vecs.%I', shadow)::regclass;
    v_policies text[] := vecs._reembed_policies(v_old);
    v_policy text;
    v_expected bigint;
    v_rows bigint;
    v_detail text;
    v_hint text;
BEGIN
    EXECUTE format(
        $sql$
        SELECT
            (SELECT count(*) FROM %s AS o WHERE jsonb_typeof(o.metadata -> $1) = 'string'),
            (SELECT count(*) FROM %s AS n)
        $sql$,
        v_old, v_new
    ) INTO v_expected, v_rows USING text_key;
    IF v_rows <> v_expected THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(
                'collection "%s" has %s rows with a text, its shadow %s',
                collection, v_expected, v_rows
            ),
            HINT = 'Run the re-embedding again: it embeds what is missing.';
    END IF;

    PERFORM vecs.swap_collections(collection, shadow);
    PERFORM vecs._copy_privileges(v_old, v_new);
    FOREACH v_policy IN ARRAY v_policies LOOP
        EXECUTE format(v_policy, v_new);
    END LOOP;
    PERFORM vecs._reembed_settings(v_old, v_new);
    IF drop_old THEN
        PERFORM vecs.drop_collection(shadow, false);
    END IF;
    RETURN v_rows;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_publish(text, text, text, boolean) IS
$doc$Exchange the names of a collection and its shadow, carry over to the new one what the old one has of privileges, policies and settings, drop the old one if drop_old is true, and return the number of rows.

Raises 55000 if the shadow does not have as many rows as the collection has texts.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_publish(text, text, text, boolean) TO PUBLIC;
