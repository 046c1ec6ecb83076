-- _check_new_collection: refuse a name, dimension or element type that a collection cannot have.

CREATE OR REPLACE FUNCTION vecs._check_new_collection(
    name text,
    dimension bigint,
    element_type text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF name IS NULL OR octet_length(name) NOT BETWEEN 1 AND 63 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = CASE
                WHEN name IS NULL THEN 'name must not be null'
                ELSE format('the name of a collection cannot have %s bytes', octet_length(name))
            END,
            HINT = 'The name of a collection has 1 to 63 bytes.';
    ELSIF starts_with(name, '_') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('the name "%s" starts with "_"', name),
            HINT = 'Such names are reserved for private objects of the schema:'
                ' choose another name.';
    ELSIF element_type NOT IN ('vector', 'halfvec') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('unknown element type "%s"', left(element_type, 100)),
            HINT = 'The element types are vector (4 bytes a number)'
                ' and halfvec (2 bytes a number).';
    ELSIF dimension IS NULL OR dimension NOT BETWEEN 1 AND 16000 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'dimension must be between 1 and 16000, not %s', coalesce(dimension::text, 'null')
            ),
            HINT = 'It is the length of the vectors that your embedding model returns,'
                ' such as 384 or 1536.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_new_collection(text, bigint, text) IS
$doc$Raise VS001 invalid_argument for a name, a dimension or an element type that a collection cannot have.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_new_collection(text, bigint, text) TO PUBLIC;
