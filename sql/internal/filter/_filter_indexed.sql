-- _filter_indexed: compile an operator so that a metadata index serves it.

CREATE OR REPLACE FUNCTION vecs._filter_indexed(
    operator text,
    operand jsonb,
    value text,
    keys text[],
    indexed_paths text[]
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_path text;
BEGIN
    IF cardinality(indexed_paths) > 0 THEN
        v_path := to_jsonb(keys)::text;
        IF v_path = ANY (indexed_paths)
            AND operator IN ('$eq', '$in', '$gt', '$gte', '$lt', '$lte', '$between')
        THEN
            RETURN vecs._filter_indexed_value(operator, operand, value);
        ELSIF 'pattern ' || v_path = ANY (indexed_paths)
            AND operator IN ('$startswith', '$like')
        THEN
            RETURN vecs._filter_indexed_pattern(operator, operand #>> '{}', value);
        END IF;
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_indexed(text, jsonb, text, text[], text[]) IS
$doc$Compile an operator with its operand for a value, given as SQL text and as its path of keys, to the expression of one of the metadata indexes in indexed_paths, as _indexed_paths() lists them. NULL where none serves the operator.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_indexed(text, jsonb, text, text[], text[]) TO PUBLIC;
