-- _notice_bare_operator: ask whether a key of a filter, such as "gte", was meant as an operator.
-- Names the first such key whose value the operator would take. Leaves out {"time": "..."} and
-- {"id": "..."}, which are common in metadata.

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
    v_location text;
BEGIN
    WITH RECURSIVE nodes (node, below, location) AS (
        SELECT filters, false, ''
        UNION ALL
        SELECT c.node, c.below, c.location
        FROM nodes AS n
        CROSS JOIN LATERAL (
            SELECT
                e.value,
                n.below OR NOT starts_with(e.key, '$'),
                concat(n.location, '.', left(e.key, 100))
            FROM jsonb_each(CASE jsonb_typeof(n.node) WHEN 'object' THEN n.node END) AS e
            WHERE e.key IN ('$and', '$or', '$nor', '$not')
                OR (jsonb_typeof(e.value) = 'object' AND NOT starts_with(e.key, '$'))
            UNION ALL
            SELECT e.element, false, format('%s[%s]', n.location, e.position - 1)
            FROM jsonb_array_elements(
                CASE jsonb_typeof(n.node) WHEN 'array' THEN n.node END
            ) WITH ORDINALITY AS e (element, position)
        ) AS c (node, below, location)
    )
    SELECT e.key, substr(concat(n.location, '.', e.key), 2)
    INTO v_key, v_location
    FROM nodes AS n
    CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(n.node) WHEN 'object' THEN n.node END) AS e
    WHERE CASE e.key
        --% for name, kind in operators.items() if name not in ("$time", "$id")
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
    ORDER BY n.location, e.key
    LIMIT 1;

    IF v_key IS NOT NULL THEN
        RAISE NOTICE USING
            ERRCODE = '{{ errors.looks_like_operator.sqlstate }}',
            MESSAGE = format('filter has a key "%s" at "%s"', v_key, v_location),
            HINT = format(
                'Did you mean "$%s"? Without the "$" it is a key of the metadata.', v_key
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._notice_bare_operator(jsonb) IS
$doc$Raise the notice VSW02 if a filter has a key that is an operator's name without its $ and whose value the operator would take.$doc$;

GRANT EXECUTE ON FUNCTION vecs._notice_bare_operator(jsonb) TO PUBLIC;
