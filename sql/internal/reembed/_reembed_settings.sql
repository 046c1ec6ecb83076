-- _reembed_settings: give a table the row-level security, storage parameters and comment of another
-- one.

CREATE OR REPLACE FUNCTION vecs._reembed_settings(
    from_id regclass,
    to_id regclass
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_table record;
    v_name text;
    v_value text;
BEGIN
    SELECT c.relrowsecurity, c.relforcerowsecurity, c.reloptions
    INTO v_table
    FROM pg_class AS c
    WHERE c.oid = from_id;
    IF v_table.relrowsecurity THEN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', to_id);
    END IF;
    IF v_table.relforcerowsecurity THEN
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', to_id);
    END IF;
    FOR v_name, v_value IN
        SELECT o.option_name, o.option_value FROM pg_options_to_table(v_table.reloptions) AS o
    LOOP
        EXECUTE format('ALTER TABLE %s SET (%I = %L)', to_id, v_name, v_value);
    END LOOP;
    EXECUTE format('COMMENT ON TABLE %s IS %L', to_id, obj_description(from_id, 'pg_class'));
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_settings(regclass, regclass) IS
$doc$Enable and force row-level security on the second table where it is on the first, and give it its storage parameters and its comment, or none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_settings(regclass, regclass) TO PUBLIC;
