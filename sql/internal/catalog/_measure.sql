-- _measure: look up pgvector's names for a measure.

CREATE OR REPLACE FUNCTION vecs._measure(
    measure text,
    OUT operator text,
    OUT ops text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    operator := CASE measure
    --% for name, measure in measures.items()
        WHEN '{{ name }}' THEN '{{ measure.operator }}'
    --% endfor
    END;
    ops := CASE measure
    --% for name, measure in measures.items()
        WHEN '{{ name }}' THEN '{{ measure.ops }}'
    --% endfor
    END;

    IF operator IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('unknown measure "%s"', coalesce(left(measure, 100), 'null')),
            HINT = 'The measures are {{ measures | join(", ") }}.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._measure(text) IS
$doc$Return the distance operator of a measure, and its part of the operator class's name.

Raises VS001 invalid_argument for an unknown measure.$doc$;

GRANT EXECUTE ON FUNCTION vecs._measure(text) TO PUBLIC;
