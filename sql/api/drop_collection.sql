-- drop_collection: drop a collection and all its rows.
-- Takes ACCESS EXCLUSIVE on the collection's table.

CREATE OR REPLACE FUNCTION vecs.drop_collection(
    name text,
    if_exists boolean DEFAULT false
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_table regclass;
BEGIN
    SELECT c.table_id INTO v_table FROM vecs._collections(coalesce(name, '')) AS c;

    IF v_table IS NULL AND if_exists IS TRUE AND name IS NOT NULL THEN
        RETURN false;
    ELSIF v_table IS NULL THEN
        PERFORM vecs._collection(name);
    END IF;

    BEGIN
        EXECUTE format('DROP TABLE vecs.%I', name);
    EXCEPTION
        WHEN undefined_table THEN  -- another session was quicker
            IF if_exists IS NOT TRUE THEN
                PERFORM vecs._collection(name);
            END IF;
            RETURN false;
    END;
    RETURN true;
END
$fn$;

COMMENT ON FUNCTION vecs.drop_collection(text, boolean) IS
$doc$Drop a collection and all its rows.

Returns whether it existed. What depends on the collection (a view, a foreign key) makes it fail, as DROP TABLE does.

Parameters:
  name       the collection
  if_exists  return false instead of raising where there is none

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_collection(text, boolean) TO PUBLIC;
