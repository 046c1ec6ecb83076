-- _check_filter_id: find what is wrong with a condition on the row's id.
-- The path of keys begins with $id, which stands where a key would.
--% from 'macros/filters.sql' import did_you_mean with context

CREATE OR REPLACE FUNCTION vecs._check_filter_id(
    operator text,
    operand jsonb,
    keys text[],
    location text
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_kind text := CASE operator
    --% for name, kind in id_operators.items()
        WHEN '{{ name }}' THEN '{{ kind }}'
    --% endfor
    END;
    v_fits boolean := CASE
        WHEN v_kind <> 'ids' THEN jsonb_typeof(operand) = 'string'
        WHEN jsonb_typeof(operand) = 'array'
            THEN NOT jsonb_path_exists(operand, 'strict $[*] ? (@.type() != "string")')
        ELSE false
    END;
BEGIN
    IF cardinality(keys) > 1 OR v_kind IS NULL THEN
        RETURN ARRAY[
            CASE
                WHEN cardinality(keys) > 1
                    THEN format('"$id" has no keys, at "%s"', location)
                WHEN operator = ANY ('{ {{- operators | join(",") -}} }') THEN format(
                    'operator "%s" does not apply to "$id", at "%s"', operator, location
                )
                ELSE format('unknown operator "%s" at "%s"', left(operator, 100), location)
            END,
            concat(
                {{ did_you_mean("coalesce('$' || keys[2], operator)", id_operators) | indent(16) }},
                'The operators of "$id" are {{ id_operators | join(", ") }}, $not.'
            )
        ];
    ELSIF NOT v_fits THEN
        RETURN ARRAY[
            format('invalid operand of operator "%s" at "%s"', operator, location),
            CASE v_kind
                --% for kind in id_operators.values() | unique
                WHEN '{{ kind }}' THEN 'It takes {{ operand_kinds[kind] }}.'
                --% endfor
            END,
            format('It was given a JSON %s.', jsonb_typeof(operand))
        ];
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._check_filter_id(text, jsonb, text[], text) IS
$doc$Return the message, the hint and perhaps a detail for a condition on the row's id that has an operator, a key or an operand that "$id" does not take. NULL for a valid one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_filter_id(text, jsonb, text[], text) TO PUBLIC;
