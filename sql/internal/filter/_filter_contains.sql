-- _filter_contains: compile the containment of a value under a path of keys.

CREATE OR REPLACE FUNCTION vecs._filter_contains(
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
    RETURN format('metadata @> %L', vecs._nested_document(keys, value));
END
$fn$;

COMMENT ON FUNCTION vecs._filter_contains(text[], jsonb) IS
$doc$Return the predicate that the metadata contains a value under a path of keys. The GIN index on the metadata serves it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_contains(text[], jsonb) TO PUBLIC;
