-- _check_path: the path of metadata keys that the arguments of a metadata index name.

CREATE OR REPLACE FUNCTION vecs._check_path(
    key text,
    path text[],
    kind text
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF key IS NOT NULL AND path IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'key and path are both given',
            HINT = 'Name a key of the metadata, or its path as ARRAY[''outer'', ''inner''].';
    ELSIF key IS NULL
        AND (coalesce(array_ndims(path), 0) <> 1 OR array_position(path, NULL) IS NOT NULL)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'key must not be null, nor a path of keys empty',
            HINT = 'Name a key of the metadata, or its path as ARRAY[''outer'', ''inner''].';
    ELSIF key ~ '^[[:space:]]*([[][^{}=]+=)?[{].*[}][[:space:]]*$' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('key "%s" reads as an array', left(key, 100)),
            HINT = 'Pass a path of keys as path => ARRAY[''outer'', ''inner'']; a key that is'
                ' called so, too, as path => ARRAY[''{...}''].';
    ELSIF kind NOT IN ('value', 'time', 'pattern') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('unknown kind of metadata index "%s"', left(kind, 100)),
            HINT = 'The kinds are value (ranges, lists and equality), time (instants) and pattern'
                ' ($startswith and $like).';
    END IF;

    RETURN coalesce(path, ARRAY[key]);
END
$fn$;

COMMENT ON FUNCTION vecs._check_path(text, text[], text) IS
$doc$The path of metadata keys that a key or a path names.

Raises VS001 invalid_argument for neither or both of them, a key that reads as an array, a path that is empty or has a NULL in it, and an unknown kind of index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_path(text, text[], text) TO PUBLIC;
