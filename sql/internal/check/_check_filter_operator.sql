-- _check_filter_operator: find what is wrong with an operator: its name, its position or its
-- operand.
--% from 'macros/filters.sql' import did_you_mean with context

CREATE OR REPLACE FUNCTION vecs._check_filter_operator(
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
    v_type text := CASE jsonb_typeof(operand)
        WHEN 'object' THEN vecs._operand_type(operand)
        ELSE jsonb_typeof(operand)
    END;
    v_kind text := CASE operator
    --% for name, kind in operators.items()
        WHEN '{{ name }}' THEN '{{ kind }}'
    --% endfor
    END;
    v_fits boolean;
    v_invalid_time jsonb;
BEGIN
    IF keys[1] = '$id' THEN
        RETURN vecs._check_filter_id(operator, operand, keys, location);
    ELSIF v_kind IS NULL THEN
        RETURN ARRAY[
            format('unknown operator "%s" at "%s"', left(operator, 100), location),
            concat(
                {{ did_you_mean('operator', operators) | indent(16) }},
                'The operators are {{ operators | join(", ") }}.'
            )
        ];
    ELSIF v_kind IN ('filters', 'key') THEN
        RETURN ARRAY[
            format('operator "%s" cannot be under a key, at "%s"', operator, location),
            format(
                CASE v_kind
                    WHEN 'key' THEN 'Write {"%s": "...", "key": {...}}, beside the key.'
                    ELSE 'Write {"%s": [{"key": {...}}, ...]}, with the key inside.'
                END,
                operator
            )
        ];
    ELSIF keys = '{}' THEN
        RETURN ARRAY[
            format('operator "%s" is not under a key', location),
            format('Write {"key": {"%s": ...}}.', operator)
        ];
    END IF;

    v_fits := CASE v_kind
        WHEN 'any' THEN v_type <> 'invalid time'
        WHEN 'comparable' THEN v_type IN ('number', 'string', 'boolean', 'time')
        WHEN 'range' THEN v_type = 'array'
            AND jsonb_array_length(operand) = 2
            AND vecs._operand_type(operand -> 0) IN ('number', 'string', 'boolean', 'time')
            AND vecs._operand_type(operand -> 0) = vecs._operand_type(operand -> 1)
        WHEN 'scalar' THEN v_type IN ('number', 'string', 'boolean', 'null')
        WHEN 'time' THEN vecs._operand_type(jsonb_build_object('$time', operand)) = 'time'
        ELSE CASE
            WHEN v_kind NOT IN ('scalars', 'values') THEN v_type = v_kind
            ELSE v_type = 'array' AND NOT EXISTS (
                SELECT
                FROM jsonb_array_elements(CASE v_type WHEN 'array' THEN operand END) AS e (element)
                WHERE jsonb_typeof(e.element) IN ('array', 'object')
                    AND (v_kind = 'scalars' OR vecs._operand_type(e.element) <> 'time')
            )
        END
    END;

    IF NOT v_fits THEN
        v_invalid_time := CASE
            WHEN v_kind = 'time' THEN jsonb_build_array(jsonb_build_object('$time', operand))
            WHEN v_kind NOT IN ('any', 'comparable', 'range', 'values') THEN '[]'
            WHEN v_type = 'array' THEN operand
            ELSE jsonb_build_array(operand)
        END;
        SELECT e.element -> '$time' INTO v_invalid_time
        FROM jsonb_array_elements(v_invalid_time) WITH ORDINALITY AS e (element, position)
        WHERE jsonb_typeof(e.element) = 'object' AND vecs._operand_type(e.element) = 'invalid time'
        ORDER BY e.position
        LIMIT 1;
        RETURN ARRAY[
            CASE
                WHEN v_invalid_time IS NULL THEN format(
                    'invalid operand of operator "%s" at "%s"', operator, location
                )
                ELSE format(
                    '"$time" must be an ISO 8601 date or time at "%s", not %s',
                    location, left(v_invalid_time::text, 100)
                )
            END,
            CASE
                WHEN v_invalid_time IS NOT NULL THEN
                    'Write {"$time": "2024-05-31"} or {"$time": "2024-05-31T09:00:00+02:00"}.'
                --% for kind, words in operand_kinds.items()
                WHEN v_kind = '{{ kind }}' THEN 'It takes {{ words }}.'
                --% endfor
            END,
            CASE
                WHEN v_invalid_time IS NULL
                    THEN format('It was given a JSON %s.', jsonb_typeof(operand))
            END
        ];
    ELSIF operator IN ('$like', '$ilike')
        AND (length(operand #>> '{}') - length(rtrim(operand #>> '{}', E'\\'))) % 2 = 1
    THEN
        RETURN ARRAY[
            format('the pattern at "%s" ends with a backslash', location),
            E'A backslash escapes the character after it: write \\\\ for one backslash.'
        ];
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._check_filter_operator(text, jsonb, text[], text) IS
$doc$Return the message, the hint and perhaps a detail for an unknown operator, a misplaced one, or an operand of the wrong type. NULL for a valid one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_filter_operator(text, jsonb, text[], text) TO PUBLIC;
