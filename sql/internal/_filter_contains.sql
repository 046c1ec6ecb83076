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
DECLARE
    v_document jsonb := value;
BEGIN
    FOR v_level IN REVERSE cardinality(keys)..1 LOOP
        v_document := jsonb_build_object(keys[v_level], v_document);
    END LOOP;

    RETURN format('metadata @> %L', v_document);
END
$fn$;

COMMENT ON FUNCTION vecs._filter_contains(text[], jsonb) IS
$doc$The predicate that metadata contains a value under a path of keys, which the index on the metadata serves.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_contains(text[], jsonb) TO PUBLIC;
