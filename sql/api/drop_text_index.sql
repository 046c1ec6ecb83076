-- drop_text_index: drop the text index of a collection.
-- Takes ACCESS EXCLUSIVE on the collection's table for a moment.
--% from 'macros/errors.sql' import reraise

CREATE OR REPLACE FUNCTION vecs.drop_text_index(
    collection text
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
    PERFORM vecs._lock_builds(collection);
    IF (vecs._text_index(collection)).key IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE vecs.%I DROP COLUMN _text', collection);
    RETURN true;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.drop_text_index(text) IS
$doc$Drop the text index of a collection, with the column "_text", and return whether there was one.

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_text_index(text) TO PUBLIC;
