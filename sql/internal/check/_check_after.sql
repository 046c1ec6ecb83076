-- _check_after: refuse an id to begin a page after that the key of an adopted table cannot be.

CREATE OR REPLACE FUNCTION vecs._check_after(
    view_id regclass,
    fields jsonb,
    after text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF view_id IS NOT NULL AND after IS NOT NULL THEN
        PERFORM vecs._check_adopted_rows(view_id, fields, ARRAY[after], '[]'::jsonb);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_after(regclass, jsonb, text) IS
$doc$Refuse an id that the key of an adopted table cannot be, whose fields _fields() returns. NULL is accepted, as is everything for a collection.

Raises VS001 invalid_argument.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_after(regclass, jsonb, text) TO PUBLIC;
