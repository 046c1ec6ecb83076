-- _filter_merge: merge the conditions in a long list of $and, $or or $nor.
-- Each condition under OR costs time for each row, and each costs the planner time. Equalities on
-- one path become one list, and so do elements of an array. Of several bounds the widest decides
-- under $or, and the narrowest under $and. Duplicates are dropped. Only valid conditions are
-- merged, because an error names the location of its condition. Bounds that are strings are merged
-- only if they are compared as strings: a column of an adopted table has an order of its own.

CREATE OR REPLACE FUNCTION vecs._filter_merge(
    operator text,
    filters jsonb,
    compares_strings boolean
)
RETURNS TABLE (
    node jsonb,
    location bigint,
    copies bigint
)
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_and boolean := _filter_merge.operator = '$and';
BEGIN
    -- A short list stays as it is: the GIN index on the metadata serves its containments.
    IF jsonb_array_length(_filter_merge.filters) <= 20 THEN
        RETURN QUERY
        SELECT e.element, e.position - 1, 1::bigint
        FROM jsonb_array_elements(_filter_merge.filters) WITH ORDINALITY AS e (element, position);
        RETURN;
    END IF;

    RETURN QUERY
    WITH parts AS MATERIALIZED (
        SELECT
            s.element,
            e.position - 1 AS position,
            l.keys,
            l.operator,
            CASE jsonb_typeof(l.operand)
                WHEN 'array' THEN l.operand
                ELSE jsonb_build_array(l.operand)
            END AS operands,
            jsonb_typeof(l.operand) AS type
        FROM jsonb_array_elements(_filter_merge.filters) WITH ORDINALITY AS e (element, position)
        CROSS JOIN LATERAL (
            -- Under $and, {"k": {"$gt": 1, "$lt": 5}} is two conditions.
            SELECT
                v_and AND count(*) = 1 AND bool_and(NOT starts_with(k.key, '$') AND (
                    SELECT count(*) > 1 AND bool_and(starts_with(o.key, '$'))
                    FROM jsonb_object_keys(
                        CASE jsonb_typeof(k.value) WHEN 'object' THEN k.value END
                    ) AS o (key)
                )) AS are_several,
                min(k.key) AS key
            FROM jsonb_each(CASE jsonb_typeof(e.element) WHEN 'object' THEN e.element END) AS k
        ) AS c
        CROSS JOIN LATERAL (
            SELECT jsonb_build_object(c.key, jsonb_build_object(o.key, o.value)) AS element
            FROM jsonb_each(CASE WHEN c.are_several THEN e.element -> c.key END) AS o
            UNION ALL
            SELECT e.element WHERE c.are_several IS NOT TRUE
        ) AS s
        CROSS JOIN LATERAL vecs._filter_condition(s.element, v_and, compares_strings) AS l
    ),
    sized AS (
        SELECT p.*, sum(jsonb_array_length(p.operands)) OVER () <= 200 AS few FROM parts AS p
    )
    SELECT
        vecs._nested_document(
            p.keys || p.operator,
            CASE
                WHEN p.operator IN ('$in', '$nin', '$any', '$all') THEN coalesce(
                    jsonb_agg(DISTINCT o.operand) FILTER (WHERE o.operand IS NOT NULL), '[]'
                )
                WHEN v_and = (p.operator IN ('$gt', '$gte'))
                    THEN jsonb_agg(o.operand ORDER BY o.operand) -> -1
                ELSE jsonb_agg(o.operand ORDER BY o.operand) -> 0
            END
        ),
        min(p.position),
        count(DISTINCT p.position)
    FROM sized AS p
    LEFT JOIN LATERAL jsonb_array_elements(p.operands) AS o (operand) ON true
    WHERE p.operator IS NOT NULL
    -- Bounds that are numbers and bounds that are strings stay apart.
    GROUP BY
        p.keys,
        p.operator,
        CASE WHEN p.operator IN ('$gt', '$gte', '$lt', '$lte') THEN p.type END,
        CASE WHEN p.few AND p.operator NOT IN ('$gt', '$gte', '$lt', '$lte') THEN p.position END
    UNION ALL
    SELECT p.element, min(p.position), count(*)
    FROM parts AS p
    WHERE p.operator IS NULL
    GROUP BY p.element
    ORDER BY 2;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_merge(text, jsonb, boolean) IS
$doc$Return the filters in the list of $and, $or or $nor, a long list merged to fewer equivalent ones. location is the position in the list, from 0, and copies the number of filters merged into one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_merge(text, jsonb, boolean) TO PUBLIC;
