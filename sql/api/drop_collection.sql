-- drop_collection: drop a collection and all its rows.
-- Takes ACCESS EXCLUSIVE on the collection's table.
--% from 'macros/errors.sql' import collection_not_found, raise_again with context

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
    v_detail text;
    v_hint text;
BEGIN
    EXECUTE format('DROP TABLE %s', (vecs._collection(name)).relation);
    RETURN true;
EXCEPTION
    -- There is none; or another session was quicker.
    WHEN undefined_table OR SQLSTATE '{{ errors.collection_not_found.sqlstate }}' THEN
        IF if_exists IS TRUE THEN
            RETURN false;
        END IF;
        {{ collection_not_found('name') | indent(8) }}
    {{ raise_again() | indent(4) }}
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
