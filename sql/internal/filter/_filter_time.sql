-- _filter_time: compile an operator whose operand is a time, or a list with times.

CREATE OR REPLACE FUNCTION vecs._filter_time(
    operator text,
    operand jsonb,
    root text,
    keys text[],
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
    v_instant text := vecs._index_expression(value, 'time');
    -- In JSON's form, which does not depend on the session's DateStyle.
    v_times text[];
    v_others jsonb;
BEGIN
    SELECT
        array_agg(
            to_jsonb(vecs._instant(e.element ->> '$time')) #>> '{}' ORDER BY e.position
        ) FILTER (WHERE jsonb_typeof(e.element) = 'object'),
        jsonb_agg(e.element) FILTER (WHERE jsonb_typeof(e.element) <> 'object')
    INTO v_times, v_others
    FROM jsonb_array_elements(
        CASE jsonb_typeof(operand) WHEN 'array' THEN operand ELSE jsonb_build_array(operand) END
    ) WITH ORDINALITY AS e (element, position);

    RETURN CASE operator
        WHEN '$ne' THEN format(
            '(%s IS NOT NULL AND %s IS DISTINCT FROM %L::timestamp)', value, v_instant, v_times[1]
        )
        WHEN '$between' THEN format(
            '(%1$s >= %2$L::timestamp AND %1$s <= %3$L::timestamp)',
            v_instant, v_times[1], v_times[2]
        )
        WHEN '$in' THEN format(
            '(%s = ANY (%L::timestamp[]) OR %s)',
            v_instant, v_times, vecs._filter_in(value, root, keys, coalesce(v_others, '[]'::jsonb))
        )
        WHEN '$nin' THEN format(
            '(%1$s IS NOT NULL AND (%2$s = ANY (%3$L::timestamp[])) IS NOT TRUE'
            ' AND %1$s <> ALL (%4$L::jsonb[]))',
            value, v_instant, v_times,
            ARRAY(SELECT jsonb_array_elements(coalesce(v_others, '[]'::jsonb)))
        )
        ELSE format(
            '%s %s %L::timestamp',
            v_instant,
            CASE operator
            --% for name, sign in comparisons.items()
                WHEN '{{ name }}' THEN '{{ sign }}'
            --% endfor
                ELSE '='
            END,
            v_times[1]
        )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_time(text, jsonb, text, text[], text) IS
$doc$Compile an operator whose operand is a time, or a list with times, to a predicate. The value is given as its path of keys and as SQL text.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_time(text, jsonb, text, text[], text) TO PUBLIC;
