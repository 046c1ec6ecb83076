-- _check_field_operand: say why a column's type cannot read an operand.

CREATE OR REPLACE FUNCTION vecs._check_field_operand(
    operator text,
    value jsonb,
    field jsonb,
    location text
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN ARRAY[
        format(
            'invalid operand of operator "%s" at "%s": type %s cannot read %s',
            operator, location, field ->> 'type',
            CASE jsonb_typeof(value)
                WHEN 'string' THEN left(value::text, 100)
                ELSE format('a JSON %s', jsonb_typeof(value))
            END
        ),
        CASE field ->> 'kind'
            WHEN 'number' THEN 'Pass a number.'
            WHEN 'boolean' THEN 'Pass true or false.'
            WHEN 'time' THEN format('Pass %s.', '{{ operand_kinds.time }}')
            WHEN 'uuid' THEN 'Pass a UUID as a string.'
            WHEN 'enum' THEN format(
                'Its values are %s.',
                (
                    SELECT string_agg(l.label, ', ')
                    FROM jsonb_array_elements_text(field -> 'labels') AS l (label)
                )
            )
            ELSE 'Pass a string.'
        END
    ];
END
$fn$;

COMMENT ON FUNCTION vecs._check_field_operand(text, jsonb, jsonb, text) IS
$doc$Return the message and the hint for an operand that the type of a column, which is described as by _fields(), cannot read.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_field_operand(text, jsonb, jsonb, text) TO PUBLIC;
