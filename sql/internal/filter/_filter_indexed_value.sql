-- _filter_indexed_value: compile an operator so that an index of kind value serves it.
-- The type is tested by exclusion, because the planner assumes an equality to be selective whatever
-- the statistics of the index say. The index holds {} for a long string, which is greater than
-- every string: > finds it and looks at the value itself, < must ask for it.

CREATE OR REPLACE FUNCTION vecs._filter_indexed_value(
    operator text,
    operand jsonb,
    value text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_list jsonb := CASE operator
        WHEN '$eq' THEN jsonb_build_array(operand)
        WHEN '$in' THEN operand
    END;
    v_sign text := CASE operator
    --% for name, sign in comparisons.items()
        WHEN '{{ name }}' THEN '{{ sign }}'
    --% endfor
    END;
BEGIN
    IF operator = '$between' THEN
        RETURN format(
            '(%s AND %s)',
            vecs._filter_indexed_value('$gte', operand -> 0, value),
            vecs._filter_indexed_value('$lte', operand -> 1, value)
        );
    ELSIF v_sign IS NOT NULL THEN
        RETURN format(
            CASE
                WHEN jsonb_typeof(operand) <> 'string' THEN '(%1$s %2$s %3$L::jsonb AND %5$s)'
                WHEN starts_with(v_sign, '>') THEN
                    '(%1$s %2$s %3$L::jsonb AND (%1$s <> ''{}'' OR %4$s %2$s %3$L::jsonb) AND %5$s)'
                ELSE
                    '((%1$s %2$s %3$L::jsonb OR %1$s = ''{}'' AND %4$s %2$s %3$L::jsonb) AND %5$s)'
            END,
            vecs._index_expression(value, 'value'), v_sign, operand, value,
            format(
                'jsonb_typeof(%s) <> ALL (%L)',
                value,
                array_remove(
                    '{array,boolean,"null",number,object,string}'::text[], jsonb_typeof(operand)
                )
            )
        );
    ELSIF v_list IS NOT NULL AND NOT EXISTS (
        SELECT
        FROM jsonb_array_elements(v_list) AS e (element)
        WHERE jsonb_typeof(e.element) IN ('array', 'object')
            OR (jsonb_typeof(e.element) = 'string' AND length(e.element #>> '{}') > 500)
    ) THEN
        RETURN format(
            '%s = ANY (%L::jsonb[])',
            vecs._index_expression(value, 'value'), ARRAY(SELECT jsonb_array_elements(v_list))
        );
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_indexed_value(text, jsonb, text) IS
$doc$Compile an operator with its operand for a value, given as SQL text, that has a metadata index of kind value. NULL where the index does not serve the operator.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_indexed_value(text, jsonb, text) TO PUBLIC;
