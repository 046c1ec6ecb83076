-- _field_sign: write an operator of PostgreSQL so that the one of the column's type is meant.
-- The search path has only pg_catalog, in which citext would be compared as text is.

CREATE OR REPLACE FUNCTION vecs._field_sign(
    field jsonb,
    sign text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF (field ? 'operators') THEN
        RETURN format('OPERATOR(%s.%s)', field ->> 'operators', sign);
    END IF;
    RETURN sign;
END
$fn$;

COMMENT ON FUNCTION vecs._field_sign(jsonb, text) IS
$doc$Return the SQL of an operator for a column, which is described as by _fields().$doc$;

GRANT EXECUTE ON FUNCTION vecs._field_sign(jsonb, text) TO PUBLIC;
