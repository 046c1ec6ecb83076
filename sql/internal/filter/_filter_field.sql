-- _filter_field: compile an operator on a column of an adopted table, so that the column's own
-- indexes and statistics serve it.
-- A NULL is a key that does not exist. A NaN compares with no number; to PostgreSQL it is the
-- greatest.

CREATE OR REPLACE FUNCTION vecs._filter_field(
    operator text,
    operand jsonb,
    field jsonb,
    location text,
    OUT predicate text,
    OUT fault text[]
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_column text := field ->> 'column';
    v_kind text := field ->> 'kind';
    v_patterns constant text[] := '{$like,$ilike,$startswith}';
    -- Those that compare with a value, or a list of values.
    v_values jsonb;
    v_sign text := CASE operator
        WHEN '$eq' THEN '='
        WHEN '$in' THEN '='
        WHEN '$ne' THEN '<>'
        WHEN '$nin' THEN '<>'
    --% for name, sign in comparisons.items()
        WHEN '{{ name }}' THEN '{{ sign }}'
    --% endfor
    END;
    v_value record;
    v_types text[] := '{}';
    v_literals text[] := '{}';
BEGIN
    IF operator = '$exists' THEN
        predicate := format(
            '%s IS %s', v_column, CASE WHEN operand = 'true' THEN 'NOT NULL' ELSE 'NULL' END
        );
        RETURN;
    ELSIF operator IN ('$contains', '$any', '$all')
        OR operator = ANY (v_patterns) AND v_kind IN ('number', 'boolean', 'time')
    THEN
        fault := ARRAY[
            format(
                'operator "%s" does not apply to a column of type %s, at "%s"',
                operator, field ->> 'type', location
            ),
            CASE
                WHEN operator = ANY (v_patterns) THEN 'Compare it with $eq, $in, $gte or $between.'
                ELSE 'It takes a column that is an array. Compare this one with $eq or $in.'
            END
        ];
        RETURN;
    ELSIF operator = ANY (v_patterns) THEN
        predicate := vecs._filter_field_pattern(operator, operand #>> '{}', field);
        RETURN;
    END IF;

    -- No value is null: NULL is no value.
    v_values := CASE
        WHEN operator IN ('$in', '$nin', '$between') THEN operand
        ELSE jsonb_build_array(operand)
    END;
    FOR v_value IN
        SELECT o.literal, o.type, e.element
        FROM jsonb_array_elements(v_values) WITH ORDINALITY AS e (element, position)
        CROSS JOIN LATERAL vecs._field_operand(field, e.element) AS o
        WHERE jsonb_typeof(e.element) <> 'null'
        ORDER BY e.position
    LOOP
        IF v_value.type IS NULL THEN
            fault := vecs._check_field_operand(operator, v_value.element, field, location);
            RETURN;
        END IF;
        v_types := v_types || v_value.type;
        v_literals := v_literals || v_value.literal;
    END LOOP;

    predicate := CASE
        WHEN operator = '$between' THEN format(
            '(%s AND %s)',
            vecs._filter_field_value(field, '>=', v_literals[1], v_types[1]),
            vecs._filter_field_value(field, '<=', v_literals[2], v_types[2])
        )
        WHEN operator IN ('$in', '$nin') THEN
            vecs._filter_field_list(field, v_sign, v_literals, v_types)
        WHEN v_literals <> '{}' THEN
            vecs._filter_field_value(field, v_sign, v_literals[1], v_types[1])
        WHEN operator = '$ne' THEN format('%s IS NOT NULL', v_column)
        ELSE 'false'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_field(text, jsonb, jsonb, text) IS
$doc$Compile an operator with its operand to a predicate over a column, which is described as by _fields(), with the column as SQL. In place of the predicate, fault has the message and the hint of what is wrong.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_field(text, jsonb, jsonb, text) TO PUBLIC;
