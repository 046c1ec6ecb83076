-- _field_operand: read a JSON value as a column of a type does.
-- A number that the type does not have exactly is read as numeric, which equals none of its values.
-- Times are read as instants and compared with dates and timestamps, which are in UTC.

CREATE OR REPLACE FUNCTION vecs._field_operand(
    field jsonb,
    value jsonb,
    OUT literal text,
    OUT type text
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_kind text := field ->> 'kind';
    v_column_type text := field ->> 'type';
    v_number numeric;
    v_instant timestamp without time zone;
BEGIN
    literal := value #>> '{}';
    IF v_kind = 'number' AND jsonb_typeof(value) = 'number' THEN
        v_number := abs(literal::numeric);
        type := CASE
            WHEN v_column_type IN ('smallint', 'integer', 'bigint')
                AND v_number = trunc(v_number) AND v_number <= 9223372036854775807 THEN 'bigint'
            WHEN v_column_type = 'real' AND (v_number = 0 OR v_number BETWEEN 1e-37 AND 1e38)
                THEN 'real'
            WHEN v_column_type = 'double precision'
                AND (v_number = 0 OR v_number BETWEEN 1e-300 AND 1e300) THEN 'double precision'
            ELSE 'numeric'
        END;
        IF type = 'bigint' THEN
            literal := trunc(literal::numeric)::text;
        END IF;
    ELSIF v_kind = 'boolean' AND jsonb_typeof(value) = 'boolean' THEN
        type := 'boolean';
    ELSIF v_kind = 'time' AND jsonb_typeof(value) IN ('string', 'object') THEN
        v_instant := vecs._instant(coalesce(value ->> '$time', literal));
        IF v_instant IS NOT NULL THEN
            -- In JSON's form, which does not depend on the session's DateStyle.
            literal := to_jsonb(v_instant) #>> '{}';
            type := 'timestamp without time zone';
            IF v_column_type = 'timestamp with time zone' THEN
                literal := literal || '+00:00';
                type := v_column_type;
            END IF;
        END IF;
    ELSIF jsonb_typeof(value) <> 'string' THEN
        NULL;
    ELSIF v_kind = 'string' THEN
        type := CASE v_column_type WHEN 'bpchar' THEN 'bpchar' ELSE 'text' END;
    ELSIF v_kind = 'citext'
        OR v_kind = 'enum' AND field -> 'labels' ? literal
        OR v_kind = 'uuid'
            AND literal ~* '^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$'
    THEN
        type := v_column_type;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._field_operand(jsonb, jsonb) IS
$doc$Return a JSON value as a literal of a type that compares with a column, which is described as by _fields(), and that type. type is NULL if the column's type cannot read the value.$doc$;

GRANT EXECUTE ON FUNCTION vecs._field_operand(jsonb, jsonb) TO PUBLIC;
