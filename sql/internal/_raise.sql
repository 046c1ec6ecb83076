-- _raise: raise one of the errors of errors.toml.

CREATE OR REPLACE FUNCTION vecs._raise(
    condition text,
    message text,
    hint text,
    detail text DEFAULT NULL
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_sqlstate text := CASE condition
    --% for name, error in errors.items()
        WHEN '{{ name }}' THEN '{{ error.sqlstate }}'
    --% endfor
    END;
    -- What the caller passed may be long; whoever reads the message wants its beginning.
    v_message text := CASE
        WHEN length(message) > 2000 THEN concat(left(message, 2000), ' [...]')
        ELSE message
    END;
BEGIN
    IF detail IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = v_sqlstate, MESSAGE = v_message, HINT = hint;
    END IF;

    RAISE EXCEPTION USING ERRCODE = v_sqlstate, MESSAGE = v_message, HINT = hint, DETAIL = detail;
END
$fn$;

COMMENT ON FUNCTION vecs._raise(text, text, text, text) IS
$doc$Raise one of the errors of class VS by its name, with a message, a hint and, where there is more to say, a detail.$doc$;

GRANT EXECUTE ON FUNCTION vecs._raise(text, text, text, text) TO PUBLIC;
