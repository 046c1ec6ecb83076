-- _swap_settings_for: change settings where a table is.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._swap_settings_for(
    table_id regclass,
    names text[],
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
    v_before text[];
BEGIN
    IF {{ shard_count('table_id') | indent(4) }} IS NULL THEN
        RETURN vecs._swap_settings(names, settings);
    END IF;
    SELECT s.before INTO v_before
    FROM vecs._swap_settings_on_shards(names, settings) AS s (before);
    RETURN v_before;
END
$fn$;

COMMENT ON FUNCTION vecs._swap_settings_for(regclass, text[], text[]) IS
$doc$Change settings until the end of the transaction, for a distributed table also where its shards are, and return their previous values.$doc$;

GRANT EXECUTE ON FUNCTION vecs._swap_settings_for(regclass, text[], text[]) TO PUBLIC;
