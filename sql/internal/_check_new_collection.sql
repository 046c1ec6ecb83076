-- _check_new_collection: refuse what can not be a collection.

CREATE OR REPLACE FUNCTION vecs._check_new_collection(
    name text,
    dimension integer,
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
        PERFORM vecs._raise(
            'invalid_argument',
            CASE
                WHEN name IS NULL THEN 'name must not be null'
                ELSE format('a name of %s bytes can not be a collection''s', octet_length(name))
            END,
            'A collection''s name has 1 to 63 bytes.'
        );
    ELSIF starts_with(name, '_') THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('the name "%s" starts with "_"', name),
            'Such names are kept for what vecs itself has in its schema: choose another one.'
        );
    ELSIF element_type NOT IN ('vector', 'halfvec') THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('unknown element type "%s"', element_type),
            'The element types are vector (4 bytes a number) and halfvec (2 bytes a number).'
        );
    ELSIF dimension IS NULL OR dimension NOT BETWEEN 1 AND 16000 THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format(
                'dimension must be between 1 and 16000, not %s', coalesce(dimension::text, 'null')
            ),
            'It is how many numbers your embedding model gives for a text, 384 or 1536 say.'
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_new_collection(text, integer, text) IS
$doc$Raise VS001 invalid_argument for a name, a dimension or an element type that a collection can not have.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_new_collection(text, integer, text) TO PUBLIC;
