-- _swap_alter_settings: change the settings with which the table of a collection is altered.
-- Where a node has shards of its own, Citus reads them without a connection, and then cannot alter
-- them over one. It changes a view only after statements that took one shard after the other.
-- An adopted table may have been distributed without _distribute_table().
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
    IF {{ shard_count('v_collection.table_id') | indent(4) }} IS NULL THEN
        RETURN NULL;
    END IF;
    IF settings IS NULL THEN
        PERFORM vecs._share_functions();
    END IF;
    RETURN vecs._swap_settings(
        '{citus.enable_local_execution,citus.multi_shard_modify_mode}'::text[],
        coalesce(settings, ARRAY['off', CASE
            WHEN v_collection.view_id IS NULL THEN current_setting('citus.multi_shard_modify_mode')
            ELSE 'sequential'
        END])
    );
END
$fn$;

COMMENT ON FUNCTION vecs._swap_alter_settings(text, text[]) IS
$doc$Change settings until the end of the transaction, if the table of a collection is distributed, so that Citus can alter it and its view, and return their previous values. With these, put them back. NULL for a local table.$doc$;

GRANT EXECUTE ON FUNCTION vecs._swap_alter_settings(text, text[]) TO PUBLIC;
