-- _swap_alter_settings: change the setting with which the table of a collection is altered.
-- Citus refuses to alter a view over a distributed table after a parallel statement on many shards
-- in the same transaction, so these run one after the other. An adopted table may have been
-- distributed without _distribute_table().
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._swap_alter_settings(
    collection text,
    settings text[]
)
RETURNS text[]
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    IF {{ shard_count('v_collection.table_id') | indent(4) }} IS NULL
        OR v_collection.view_id IS NULL
    THEN
        RETURN NULL;
    END IF;
    IF settings IS NULL THEN
        PERFORM vecs._share_functions();
    END IF;
    RETURN vecs._swap_settings(
        '{citus.multi_shard_modify_mode}'::text[], coalesce(settings, '{sequential}')
    );
END
$fn$;

COMMENT ON FUNCTION vecs._swap_alter_settings(text, text[]) IS
$doc$Change a setting until the end of the transaction, if a collection is an adopted table on shards, so that Citus can alter it and its view, and return its previous value. With that, put it back. NULL for any other collection.$doc$;

GRANT EXECUTE ON FUNCTION vecs._swap_alter_settings(text, text[]) TO PUBLIC;
