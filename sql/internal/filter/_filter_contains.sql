-- _filter_contains: compile the containment of a value under a path of keys.
-- Without keys a scalar is compared: [1] contains 1 by an exception of PostgreSQL's.

CREATE OR REPLACE FUNCTION vecs._filter_contains(
    root text,
    keys text[],
    value jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF keys = '{}' AND jsonb_typeof(value) NOT IN ('array', 'object') THEN
        RETURN format('%s = %L::jsonb', root, value);
    END IF;
    RETURN format('%s @> %L', root, vecs._nested_document(keys, value));
END
$fn$;

COMMENT ON FUNCTION vecs._filter_contains(text, text[], jsonb) IS
$doc$Return the predicate that a document, given as SQL text, contains a value under a path of keys. A GIN index on the document serves it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_contains(text, text[], jsonb) TO PUBLIC;
