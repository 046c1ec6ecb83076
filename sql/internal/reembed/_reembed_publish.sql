-- _reembed_publish: let a shadow take the place of its collection, with its privileges, policies,
-- row-level security, storage parameters and comment.
-- The caller holds the locks of _reembed_lock(), and has embedded what it returned.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs._reembed_publish(
    collection text,
    shadow text,
    drop_old boolean
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_old regclass := format('vecs.%I', collection)::regclass;
    v_new regclass := format('vecs.%I', shadow)::regclass;
    v_policies text[] := vecs._reembed_policies(v_old);
    v_policy text;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs.swap_collections(collection, shadow);
    PERFORM vecs._copy_privileges(v_old, v_new);
    FOREACH v_policy IN ARRAY v_policies LOOP
        EXECUTE format(v_policy, v_new);
    END LOOP;
    PERFORM vecs._reembed_settings(v_old, v_new);
    IF drop_old THEN
        PERFORM vecs.drop_collection(shadow, false);
    END IF;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_publish(text, text, boolean) IS
$doc$Exchange the names of a collection and its shadow, give the new one the privileges, policies and settings of the old one, and drop the old one if drop_old is true.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_publish(text, text, boolean) TO PUBLIC;
