-- _filter_any: compile $any: a stored array shares an element with a list.
-- As in _filter_in(), a long list must not become as many containments.

CREATE OR REPLACE FUNCTION vecs._filter_any(
    value text,
    root text,
    keys text[],
    list jsonb
)
RETURNS text
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE
        WHEN _filter_any.list = '[]' THEN 'false'
        WHEN jsonb_array_length(_filter_any.list) <= 20 THEN (
            SELECT format(
                '(%s)',
                string_agg(
                    vecs._filter_contains(
                        _filter_any.root, _filter_any.keys, jsonb_build_array(e.element)
                    ),
                    ' OR '
                )
            )
            FROM jsonb_array_elements(_filter_any.list) AS e (element)
        )
        ELSE format(
            $sql$EXISTS (
                SELECT
                FROM jsonb_array_elements(
                    CASE WHEN jsonb_typeof(%1$s) = 'array' THEN %1$s END
                ) AS e (element)
                WHERE e.element = ANY (%2$L::jsonb[])
            )$sql$,
            _filter_any.value, ARRAY(SELECT jsonb_array_elements(_filter_any.list))
        )
    END;
$fn$;

COMMENT ON FUNCTION vecs._filter_any(text, text, text[], jsonb) IS
$doc$Return the predicate that a stored array shares an element with a list of scalars. The array is given as SQL text, and as its document and its path of keys.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_any(text, text, text[], jsonb) TO PUBLIC;
