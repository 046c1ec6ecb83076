-- _filter_operator: compile one operator with its operand, under a path of metadata keys.
-- "@>" stands where it can, for the index on the metadata serves it; "->" with keys never enters an
-- array.

CREATE OR REPLACE FUNCTION vecs._filter_operator(
    operator text,
    operand jsonb,
    keys text[],
    place text,
    indexed text[]
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_type text := jsonb_typeof(operand);
    v_value text;
    v_predicate text;
BEGIN
    PERFORM vecs._check_filter_operator(operator, operand, keys, place);

    v_value := vecs._metadata_value(keys);
    IF to_jsonb(keys)::text = ANY (indexed) THEN
        v_predicate := vecs._filter_indexed(operator, operand, v_value);
        IF v_predicate IS NOT NULL THEN
            RETURN v_predicate;
        END IF;
    END IF;

    RETURN CASE operator
        WHEN '$eq' THEN CASE
            WHEN operand IN ('[]', '{}') THEN format('%s = %L::jsonb', v_value, operand)
            WHEN v_type IN ('array', 'object') THEN
                format(
                    '(%s AND %s = %L::jsonb)',
                    vecs._filter_contains(keys, operand), v_value, operand
                )
            ELSE vecs._filter_contains(keys, operand)
        END
        WHEN '$ne' THEN format('%s <> %L::jsonb', v_value, operand)
        --% for name, sign in comparisons.items()
        WHEN '{{ name }}' THEN
            format(
                '(jsonb_typeof(%1$s) = %2$L AND %1$s {{ sign }} %3$L::jsonb)',
                v_value, v_type, operand
            )
        --% endfor
        WHEN '$between' THEN format(
            '(jsonb_typeof(%1$s) = %2$L AND %1$s >= %3$L::jsonb AND %1$s <= %4$L::jsonb)',
            v_value, jsonb_typeof(operand -> 0), operand -> 0, operand -> 1
        )
        WHEN '$in' THEN vecs._filter_in(v_value, keys, operand)
        WHEN '$nin' THEN CASE
            WHEN operand = '[]' THEN format('%s IS NOT NULL', v_value)
            ELSE format(
                '%s <> ALL (%L::jsonb[])', v_value, ARRAY(SELECT jsonb_array_elements(operand))
            )
        END
        WHEN '$contains' THEN vecs._filter_contains(keys, jsonb_build_array(operand))
        WHEN '$any' THEN vecs._filter_any(v_value, keys, operand)
        WHEN '$all' THEN CASE
            WHEN operand = '[]'
                THEN format('coalesce(jsonb_typeof(%s) = ''array'', false)', v_value)
            ELSE vecs._filter_contains(keys, operand)
        END
        WHEN '$exists' THEN format(
            '%s IS %s', v_value, CASE WHEN operand = 'true' THEN 'NOT NULL' ELSE 'NULL' END
        )
        WHEN '$startswith' THEN
            format(
                '(jsonb_typeof(%1$s) = ''string'' AND starts_with(%1$s #>> ''{}'', %2$L))',
                v_value, operand #>> '{}'
            )
        ELSE
            format(
                '(jsonb_typeof(%1$s) = ''string'' AND (%1$s #>> ''{}'') %2$s %3$L)',
                v_value, CASE operator WHEN '$like' THEN 'LIKE' ELSE 'ILIKE' END, operand #>> '{}'
            )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_operator(text, jsonb, text[], text, text[]) IS
$doc$Compile one operator with its operand, under a path of metadata keys, to a predicate; indexed is as for _filter_node().

Raises VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_operator(text, jsonb, text[], text, text[]) TO PUBLIC;
