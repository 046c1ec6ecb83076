-- _check_field_path: refuse a path of keys that no index of an adopted table can be on.

CREATE OR REPLACE FUNCTION vecs._check_field_path(
    fields jsonb,
    path text[]
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF fields -> 'fields' ? path[1] AND cardinality(path) > 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('"%s" is a field, and an index is on the whole of it', path[1]),
            HINT = 'Name the field alone: the index of a jsonb column serves equality on its keys.';
    ELSIF NOT fields -> 'fields' ? path[1] AND NOT (fields -> 'has_metadata')::boolean THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('the table has no field "%s", and no metadata column', path[1]),
            HINT = format(
                'The fields are %s.',
                (
                    SELECT coalesce(string_agg(n.name, ', '), 'none')
                    FROM jsonb_array_elements_text(fields -> 'names') AS n (name)
                )
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_field_path(jsonb, text[]) IS
$doc$Refuse a path of keys within a field of an adopted table, and one that is neither a field nor in a metadata column. fields is what _fields() returns.

Raises VS001 invalid_argument.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_field_path(jsonb, text[]) TO PUBLIC;
