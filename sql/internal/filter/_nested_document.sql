-- _nested_document: build the document that has a value under a path of keys.

CREATE OR REPLACE FUNCTION vecs._nested_document(
    keys text[],
    value jsonb
)
RETURNS jsonb
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

    RETURN v_document;
END
$fn$;

COMMENT ON FUNCTION vecs._nested_document(text[], jsonb) IS
$doc$Return the document that holds nothing but a value under a path of keys.$doc$;

GRANT EXECUTE ON FUNCTION vecs._nested_document(text[], jsonb) TO PUBLIC;
