-- _filter_field_pattern: compile $like, $ilike or $startswith on a column of text.
-- A prefix is written as LIKE, which an index with text_pattern_ops or in the collation C serves.

CREATE OR REPLACE FUNCTION vecs._filter_field_pattern(
    operator text,
    operand text,
    field jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN format(
        '%s%s %s %L::text',
        field ->> 'column',
        -- The others are text already, or, as citext, have operators of their own.
        CASE
            WHEN field ->> 'kind' IN ('uuid', 'enum') OR field ->> 'type' = 'bpchar' THEN '::text'
        END,
        vecs._field_sign(field, CASE operator WHEN '$ilike' THEN '~~*' ELSE '~~' END),
        CASE operator
            WHEN '$startswith' THEN regexp_replace(operand, E'([\\\\%_])', E'\\\\\\1', 'g') || '%'
            ELSE operand
        END
    );
END
$fn$;

COMMENT ON FUNCTION vecs._filter_field_pattern(text, text, jsonb) IS
$doc$Return the predicate of an operator that matches a column, which is described as for _filter_field(), with a pattern.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_field_pattern(text, text, jsonb) TO PUBLIC;
