-- _filter_key: compile an operator on the row's id in an adopted table.
-- An id is the text of the key. A text that is not the key's own is the id of no row: 07 is not 7.
-- The primary key's index serves text, whole numbers and UUIDs; other keys are compared as text.

CREATE OR REPLACE FUNCTION vecs._filter_key(
    operator text,
    operand jsonb,
    key jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_type text := CASE
        WHEN key ->> 'kind' = 'uuid' THEN 'uuid'
        WHEN key ->> 'type' IN ('smallint', 'integer', 'bigint') THEN 'bigint'
        WHEN key ->> 'type' IN ('text', 'character varying') THEN 'text'
    END;
    v_ids text[];
BEGIN
    IF operator = '$startswith' OR operand = '[]' OR v_type IS NULL THEN
        RETURN vecs._filter_id(operator, operand, 'id');
    END IF;

    v_ids := ARRAY(
        SELECT e.id
        FROM jsonb_array_elements_text(
            CASE jsonb_typeof(operand) WHEN 'array' THEN operand ELSE jsonb_build_array(operand) END
        ) AS e (id)
        WHERE CASE v_type
            WHEN 'bigint' THEN e.id ~ '^(0|-?[1-9][0-9]{0,18})$'
                AND CASE WHEN length(e.id) < 21 THEN e.id::numeric END
                    BETWEEN -9223372036854775808 AND 9223372036854775807
            WHEN 'uuid' THEN e.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            ELSE true
        END
    );
    RETURN format(
        CASE operator
            WHEN '$eq' THEN '_id = ANY (%L::%s[])'
            WHEN '$in' THEN '_id = ANY (%L::%s[])'
            ELSE '_id <> ALL (%L::%s[])'
        END,
        v_ids, v_type
    );
END
$fn$;

COMMENT ON FUNCTION vecs._filter_key(text, jsonb, jsonb) IS
$doc$Compile an operator with its operand, a string or a list of strings, to a predicate over the columns id and _id of an adopted table, whose key is described as by _fields().$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_key(text, jsonb, jsonb) TO PUBLIC;
