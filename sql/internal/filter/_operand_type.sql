-- _operand_type: tell the type of an operand, where a time is a type of its own.

CREATE OR REPLACE FUNCTION vecs._operand_type(
    operand jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF jsonb_typeof(operand) <> 'object'
        OR NOT operand ? '$time'
        OR operand - '$time' <> '{}'
    THEN
        RETURN jsonb_typeof(operand);
    END IF;

    RETURN CASE
        WHEN vecs._instant(operand ->> '$time') IS NULL THEN 'invalid time'
        ELSE 'time'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._operand_type(jsonb) IS
$doc$Return the JSON type of an operand; time for {"$time": "..."}, or invalid time if the string is not an instant.$doc$;

GRANT EXECUTE ON FUNCTION vecs._operand_type(jsonb) TO PUBLIC;
