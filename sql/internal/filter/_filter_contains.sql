-- _filter_contains: the predicate that metadata contains a value under a path of keys.

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
    RETURN format('metadata @> %L', vecs._nested(keys, value));
END
$fn$;

COMMENT ON FUNCTION vecs._filter_contains(text[], jsonb) IS
$doc$The predicate that metadata contains a value under a path of keys, which the index on the metadata serves.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_contains(text[], jsonb) TO PUBLIC;
