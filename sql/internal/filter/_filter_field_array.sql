-- _filter_field_array: compile an operator on a column that is an array.
-- A GIN index on the column serves $contains, $any and $all. An element that the element's type
-- cannot hold is in no array. NULL for a null in the operand, which containment would not find, and
-- for operators that compare the whole: the JSON of the array is compared then.

CREATE OR REPLACE FUNCTION vecs._filter_field_array(
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
    v_element jsonb := field -> 'element';
    v_list jsonb := CASE operator WHEN '$contains' THEN jsonb_build_array(operand) ELSE operand END;
    v_unreadable jsonb;
    v_literals text[];
    v_all_fit boolean;
BEGIN
    IF operator NOT IN ('$contains', '$any', '$all') OR v_list @> '[null]' OR v_list = '[]' THEN
        RETURN;
    END IF;

    SELECT
        jsonb_agg(e.element) FILTER (WHERE o.type IS NULL) -> 0,
        array_agg(o.literal) FILTER (WHERE f.fits),
        bool_and(f.fits)
    INTO v_unreadable, v_literals, v_all_fit
    FROM jsonb_array_elements(v_list) AS e (element)
    CROSS JOIN LATERAL vecs._field_operand(v_element, e.element) AS o
    CROSS JOIN LATERAL (
        SELECT CASE v_element ->> 'type'
            WHEN 'smallint' THEN CASE o.type
                WHEN 'bigint' THEN o.literal::numeric BETWEEN -32768 AND 32767
                ELSE false
            END
            WHEN 'integer' THEN CASE o.type
                WHEN 'bigint' THEN o.literal::numeric BETWEEN -2147483648 AND 2147483647
                ELSE false
            END
            WHEN 'numeric' THEN true
            ELSE o.type <> 'numeric'
        END AS fits
    ) AS f;
    IF v_unreadable IS NOT NULL THEN
        fault := vecs._check_field_operand(operator, v_unreadable, v_element, location);
        RETURN;
    END IF;

    predicate := CASE
        WHEN v_literals IS NULL OR operator = '$all' AND NOT v_all_fit THEN 'false'
        ELSE format(
            '%s %s %L::%s[]',
            field ->> 'column',
            CASE operator WHEN '$any' THEN '&&' ELSE '@>' END,
            v_literals,
            v_element ->> 'type'
        )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_field_array(text, jsonb, jsonb, text) IS
$doc$Compile $contains, $any or $all to a predicate over an array, a column which is described as for _filter_field(). In place of the predicate, fault has the message and the hint of what is wrong. Both are NULL where the array's JSON has to be compared.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_field_array(text, jsonb, jsonb, text) TO PUBLIC;
