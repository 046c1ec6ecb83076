-- _check_path: refuse a path of metadata keys that is none.

CREATE OR REPLACE FUNCTION vecs._check_path(
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
    IF coalesce(array_ndims(path), 0) <> 1 OR array_position(path, NULL) IS NOT NULL THEN
        PERFORM vecs._raise(
            'invalid_argument',
            'key must not be null, nor a path of keys empty',
            'Name a key of the metadata, or its path as ARRAY[''outer'', ''inner''].'
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_path(text[]) IS
$doc$Raise VS001 invalid_argument for a path of metadata keys that is NULL, empty, or has a NULL in it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_path(text[]) TO PUBLIC;
