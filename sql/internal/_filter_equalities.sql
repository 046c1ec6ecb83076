-- _filter_equalities: compile a filter that only asks whether keys have scalar values.
-- Most are such. They are one containment, found here at a tenth of the cost of the compiler: on
-- the path of every search with a filter.

CREATE OR REPLACE FUNCTION vecs._filter_equalities(
    filters jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_text text;
BEGIN
    IF filters IS NULL OR filters = '{}' THEN
        RETURN 'true';
    END IF;

    v_text := filters::text;
    IF length(v_text) > 1000 THEN
        RETURN NULL;
    END IF;
    -- {"k": {"$eq": 1}} is {"k": 1}; inside of a string the text of a jsonb has no unescaped quote.
    IF position('{"$eq":' IN v_text) > 0 THEN
        v_text := regexp_replace(
            v_text, E'[{]"[$]eq": ("[^"\\\\{}$[]*"|[-0-9.]+|true|false|null)[}]', E'\\1', 'g'
        );
    END IF;
    -- Nothing of these but the braces around all.
    IF starts_with(v_text, '{')
        AND length(translate(v_text, '[]{}$', '')) = length(v_text) - 2
    THEN
        RETURN format('metadata @> %L', v_text);
    END IF;
    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_equalities(jsonb) IS
$doc$The predicate of a filter that only asks whether keys have scalar values, or that has no condition; NULL for others.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_equalities(jsonb) TO PUBLIC;
