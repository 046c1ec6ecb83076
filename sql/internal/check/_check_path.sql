-- _check_path: turn the key or path argument of a metadata index into a path of keys.

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
            MESSAGE = 'either key or path must be given, not both',
            HINT = 'Name a key of the metadata, or its path as ARRAY[''outer'', ''inner''].';
    ELSIF key IS NULL
        AND (coalesce(array_ndims(path), 0) <> 1 OR array_position(path, NULL) IS NOT NULL)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'either key or path must be given, and a path must not be empty',
            HINT = 'Name a key of the metadata, or its path as ARRAY[''outer'', ''inner''].';
    ELSIF key ~ '^[[:space:]]*([[][^{}=]+=)?[{].*[}][[:space:]]*$' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('key "%s" looks like an array literal', left(key, 100)),
            HINT = 'Pass a path of keys as path => ARRAY[''outer'', ''inner'']; pass a key that'
                ' has this very name as path => ARRAY[''{...}''].';
    ELSIF kind NOT IN ('value', 'time', 'pattern', 'trigram') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('unknown kind of metadata index "%s"', left(kind, 100)),
            HINT = 'The kinds are value (ranges, lists and equality), time (instants), pattern'
                ' ($startswith and $like) and trigram ($like, $ilike and similar words).';
    END IF;

    RETURN coalesce(path, ARRAY[key]);
END
$fn$;

COMMENT ON FUNCTION vecs._check_path(text, text[], text) IS
$doc$Return the path of metadata keys that a key or a path names.

Raises VS001 invalid_argument if neither or both are given, for a key that looks like an array literal, for a path that is empty or contains a NULL, and for an unknown kind of index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_path(text, text[], text) TO PUBLIC;
