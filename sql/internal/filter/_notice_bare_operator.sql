-- _notice_bare_operator: ask whether a key of a filter, such as "gte", is meant as an operator.
-- The first such key is told, and only where what it has is what the operator takes. Not {"time":
-- "..."}, which is a common thing to store.

CREATE OR REPLACE FUNCTION vecs._notice_bare_operator(
    filters jsonb
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_key text;
    v_place text;
BEGIN
    WITH RECURSIVE nodes (node, below, place) AS (
        SELECT filters, false, ''
        UNION ALL
        SELECT c.node, c.below, c.place
        FROM nodes AS n
        CROSS JOIN LATERAL (
            SELECT
                e.value,
                n.below OR NOT starts_with(e.key, '$'),
                concat(n.place, '.', left(e.key, 100))
            FROM jsonb_each(CASE jsonb_typeof(n.node) WHEN 'object' THEN n.node END) AS e
            WHERE e.key IN ('$and', '$or', '$nor', '$not')
                OR (jsonb_typeof(e.value) = 'object' AND NOT starts_with(e.key, '$'))
            UNION ALL
            SELECT e.element, false, format('%s[%s]', n.place, e.position - 1)
            FROM jsonb_array_elements(
                CASE jsonb_typeof(n.node) WHEN 'array' THEN n.node END
            ) WITH ORDINALITY AS e (element, position)
        ) AS c (node, below, place)
    )
    SELECT e.key, substr(concat(n.place, '.', e.key), 2)
    INTO v_key, v_place
    FROM nodes AS n
    CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(n.node) WHEN 'object' THEN n.node END) AS e
    WHERE CASE e.key
        --% for name, kind in operators.items() if name != "$time"
        --% if kind == "filters"
        WHEN '{{ name[1:] }}' THEN jsonb_typeof(e.value) = 'array'
            AND jsonb_path_exists(e.value, 'strict $[*] ? (@.type() == "object")')
        --% elif kind == "filter"
        WHEN '{{ name[1:] }}' THEN jsonb_typeof(e.value) = 'object'
        --% else
        WHEN '{{ name[1:] }}' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('{{ name }}', e.value, '{k}'::text[], '') IS NULL
        --% endif
        --% endfor
    END
    ORDER BY n.place, e.key
    LIMIT 1;

    IF v_key IS NOT NULL THEN
        RAISE NOTICE USING
            ERRCODE = '{{ errors.looks_like_operator.sqlstate }}',
            MESSAGE = format('filter has a key "%s" at "%s"', v_key, v_place),
            HINT = format(
                'Did you mean "$%s"? Without its "$" it is a key of the metadata.', v_key
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._notice_bare_operator(jsonb) IS
$doc$Give a notice, VSW02, where a filter has a key that is the name of an operator without its $, with such a value as the operator takes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._notice_bare_operator(jsonb) TO PUBLIC;
