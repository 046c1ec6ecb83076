-- _conditions: list the conditions of a filter that are joined by AND.
-- As strings, which are compared as a whole: as documents, {"$in": [1, 2]} would contain
-- {"$in": [1]}, which matches fewer rows.

CREATE OR REPLACE FUNCTION vecs._conditions(
    filters jsonb
)
RETURNS jsonb
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH RECURSIVE parts (part) AS (
        SELECT _conditions.filters
        UNION ALL
        SELECT e.part
        FROM parts AS p
        CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(p.part -> '$and') WHEN 'array' THEN p.part -> '$and' ELSE '[]' END
        ) AS e (part)
    )
    SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object(e.key, c.condition)::text), '[]')
    FROM parts AS p
    CROSS JOIN LATERAL jsonb_each(
        CASE jsonb_typeof(p.part) WHEN 'object' THEN p.part ELSE '{}' END
    ) AS e
    -- Operators under a key are a condition each.
    CROSS JOIN LATERAL (
        SELECT (NOT starts_with(e.key, '$') OR e.key = '$id')
            AND jsonb_typeof(e.value) = 'object'
            AND (
                SELECT bool_and(starts_with(k.key, '$'))
                FROM jsonb_object_keys(
                    CASE jsonb_typeof(e.value) WHEN 'object' THEN e.value ELSE '{}' END
                ) AS k (key)
            ) IS TRUE
    ) AS o (has_operators)
    CROSS JOIN LATERAL (
        SELECT e.value AS condition
        WHERE NOT o.has_operators
        UNION ALL
        SELECT CASE
            -- {"$eq": {"a": 1}} compares the object; {"a": 1} is a path.
            WHEN f.key = '$eq' AND jsonb_typeof(f.value) <> 'object' THEN f.value
            ELSE jsonb_build_object(f.key, f.value)
        END
        FROM jsonb_each(CASE WHEN o.has_operators THEN e.value ELSE '{}' END) AS f
    ) AS c
    WHERE e.key <> '$and';
$fn$;

COMMENT ON FUNCTION vecs._conditions(jsonb) IS
$doc$Return the conditions of a filter that are joined by AND, as a JSON array of strings. {"k": {"$eq": 1}} is {"k": 1}.$doc$;

GRANT EXECUTE ON FUNCTION vecs._conditions(jsonb) TO PUBLIC;
