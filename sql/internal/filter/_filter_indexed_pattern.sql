-- _filter_indexed_pattern: compile $startswith or $like so that an index of kind pattern serves it.

CREATE OR REPLACE FUNCTION vecs._filter_indexed_pattern(
    operator text,
    operand text,
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
    -- The prefix of a pattern is what precedes its first wildcard; a backslash escapes.
    v_prefix text := CASE operator
        WHEN '$startswith' THEN operand
        ELSE regexp_replace(
            substring(operand FROM E'^(?:[^%_\\\\]|\\\\.)*'), E'\\\\(.)', E'\\1', 'g'
        )
    END;
    v_indexed text;
BEGIN
    IF v_prefix = '' THEN
        RETURN NULL;
    END IF;

    v_indexed := format(
        'starts_with(%s, %L)', vecs._index_expression(value, 'pattern'), left(v_prefix, 500)
    );
    IF operator = '$like' THEN
        RETURN format('(%s AND (%s #>> ''{}'') LIKE %L)', v_indexed, value, operand);
    ELSIF length(v_prefix) > 500 THEN
        RETURN format('(%s AND starts_with(%s #>> ''{}'', %L))', v_indexed, value, operand);
    END IF;

    RETURN v_indexed;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_indexed_pattern(text, text, text) IS
$doc$Compile $startswith or $like with its operand for a value, given as SQL text, that has a metadata index of kind pattern. NULL for a pattern without a fixed prefix.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_indexed_pattern(text, text, text) TO PUBLIC;
