-- _drop_metadata_index: drop the metadata indexes on a path of keys, valid or not.

CREATE OR REPLACE FUNCTION vecs._drop_metadata_index(
    table_id regclass,
    view_id regclass,
    path text[],
    kind text
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_name text;
    v_found boolean := false;
BEGIN
    FOR v_name IN SELECT i.name FROM vecs._key_indexes(table_id, view_id, path, kind) AS i LOOP
        EXECUTE format($sql$DROP INDEX IF EXISTS %s.%I$sql$, vecs._schema(table_id), v_name);
        v_found := true;
    END LOOP;

    RETURN v_found;
END
$fn$;

COMMENT ON FUNCTION vecs._drop_metadata_index(regclass, regclass, text[], text) IS
$doc$Drop the metadata indexes of a kind on a path of keys; of every kind if it is NULL. Returns whether there was one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._drop_metadata_index(regclass, regclass, text[], text) TO PUBLIC;
