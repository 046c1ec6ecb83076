-- _operand_type: the type of an operand, among which are times.

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
        WHEN vecs._instant(operand ->> '$time') IS NULL THEN 'wrong time'
        ELSE 'time'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._operand_type(jsonb) IS
$doc$The JSON type of an operand; time for {"$time": "..."}, and wrong time where what it holds is no instant.$doc$;

GRANT EXECUTE ON FUNCTION vecs._operand_type(jsonb) TO PUBLIC;
