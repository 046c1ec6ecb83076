-- _check_filter_operator: refuse an operator that is not one, or stands where it can not, or has
-- the wrong operand.

CREATE OR REPLACE FUNCTION vecs._check_filter_operator(
    operator text,
    operand jsonb,
    keys text[],
    place text
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_type text := jsonb_typeof(operand);
    v_kind text := CASE operator
    --% for name, kind in operators.items()
        WHEN '{{ name }}' THEN '{{ kind }}'
    --% endfor
    END;
    v_fits boolean;
BEGIN
    IF v_kind IS NULL THEN
        PERFORM vecs._raise(
            'invalid_filter',
            format('unknown operator "%s" at "%s"', left(operator, 100), place),
            format(
                'Did you mean "%s"? The operators are {{ operators | join(", ") }}.',
                vecs._nearest(operator, '{ {{- operators | join(",") -}} }')
            )
        );
    ELSIF v_kind = 'filters' THEN
        PERFORM vecs._raise(
            'invalid_filter',
            format('operator "%s" can not stand under a key, at "%s"', operator, place),
            format('Write {"%s": [{"key": {...}}, ...]}, with the key inside.', operator)
        );
    ELSIF keys = '{}' THEN
        PERFORM vecs._raise(
            'invalid_filter',
            format('operator "%s" stands under no key', place),
            format('Write {"key": {"%s": ...}}.', operator)
        );
    END IF;

    v_fits := CASE v_kind
        WHEN 'any' THEN true
        WHEN 'comparable' THEN v_type IN ('number', 'string', 'boolean')
        WHEN 'range' THEN v_type = 'array'
            AND jsonb_array_length(operand) = 2
            AND jsonb_typeof(operand -> 0) IN ('number', 'string', 'boolean')
            AND jsonb_typeof(operand -> 0) = jsonb_typeof(operand -> 1)
        WHEN 'scalar' THEN v_type NOT IN ('array', 'object')
        WHEN 'scalars' THEN v_type = 'array' AND NOT EXISTS (
            SELECT
            FROM jsonb_array_elements(CASE v_type WHEN 'array' THEN operand END) AS e (element)
            WHERE jsonb_typeof(e.element) IN ('array', 'object')
        )
        ELSE v_type = v_kind
    END;

    IF v_fits IS NOT TRUE THEN
        PERFORM vecs._raise(
            'invalid_filter',
            format('operator "%s" can not take what it is given at "%s"', operator, place),
            CASE v_kind
            --% for kind, words in operand.items()
                WHEN '{{ kind }}' THEN 'It takes {{ words }}.'
            --% endfor
            END,
            format('It was given a JSON %s.', v_type)
        );
    ELSIF operator IN ('$like', '$ilike')
        AND (length(operand #>> '{}') - length(rtrim(operand #>> '{}', E'\\'))) % 2 = 1
    THEN
        PERFORM vecs._raise(
            'invalid_filter',
            format('the pattern at "%s" ends in a backslash', place),
            E'A backslash escapes the character after it: write \\\\ for one backslash.'
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_filter_operator(text, jsonb, text[], text) IS
$doc$Raise VS005 invalid_filter for an unknown operator, one that stands where it can not, or an operand of the wrong type.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_filter_operator(text, jsonb, text[], text) TO PUBLIC;
