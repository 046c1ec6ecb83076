-- _filter_field_value: compare a column with a value.

CREATE OR REPLACE FUNCTION vecs._filter_field_value(
    field jsonb,
    sign text,
    literal text,
    type text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_column text := field ->> 'column';
    -- As the compiler has it, in which a type or an operator in another schema is qualified.
    v_compared text := format(
        '%s %s %L::%s',
        CASE
            WHEN type = 'numeric' AND field ->> 'type' IN ('real', 'double precision')
                THEN v_column || '::numeric'
            ELSE v_column
        END,
        vecs._field_sign(field, sign),
        literal,
        type
    );
BEGIN
    -- NaN is the greatest number to PostgreSQL.
    IF starts_with(sign, '>') AND field ->> 'type' IN ('real', 'double precision', 'numeric') THEN
        RETURN format('(%s AND %s <> ''NaN'')', v_compared, v_column);
    END IF;
    RETURN v_compared;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_field_value(jsonb, text, text, text) IS
$doc$Return the predicate that compares a column, which is described as for _filter_field(), with a literal of a type. The sign is that of PostgreSQL's operator.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_field_value(jsonb, text, text, text) TO PUBLIC;
