-- _swap_settings_on_shards: change settings on the shards of distributed tables, too.
-- set_config() and a function's SET clause stay on this node. SET LOCAL reaches the others with the
-- next transaction that Citus opens there, if citus.propagate_set_commands says so. Call this by
-- SELECT ... INTO: from an assignment of PL/pgSQL, Citus does not propagate it.

CREATE OR REPLACE FUNCTION vecs._swap_settings_on_shards(
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
    -- This refuses a setting that is not on its list.
    v_before text[] := vecs._swap_settings(names, settings);
    v_propagate constant text[] := '{citus.propagate_set_commands}';
    v_propagated text[];
BEGIN
    v_propagated := vecs._swap_settings(v_propagate, '{local}'::text[]);
    FOR v_position IN 1..cardinality(names) LOOP
        EXECUTE format(
            'SET LOCAL %s = %s', names[v_position],
            coalesce(quote_literal(settings[v_position]), 'DEFAULT')
        );
    END LOOP;
    PERFORM vecs._swap_settings(v_propagate, v_propagated);
    RETURN v_before;
END
$fn$;

COMMENT ON FUNCTION vecs._swap_settings_on_shards(text[], text[]) IS
$doc$Change settings until the end of the transaction, here and where the shards are, and return their previous values. A NULL value stands for the default. To be called in a query with INTO.$doc$;

GRANT EXECUTE ON FUNCTION vecs._swap_settings_on_shards(text[], text[]) TO PUBLIC;
