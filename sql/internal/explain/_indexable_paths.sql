-- _indexable_paths: find the conditions of a filter that a metadata index on their key would serve.
-- Under $nor and $not there are none.

CREATE OR REPLACE FUNCTION vecs._indexable_paths(
    filters jsonb
)
RETURNS TABLE (
    keys text[],
    kind text
)
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH RECURSIVE nodes (node, keys) AS (
        SELECT _indexable_paths.filters, '{}'::text[]
        UNION ALL
        SELECT c.node, c.keys
        FROM nodes AS n
        CROSS JOIN LATERAL (
            SELECT e.value, CASE WHEN starts_with(e.key, '$') THEN n.keys ELSE n.keys || e.key END
            FROM jsonb_each(CASE jsonb_typeof(n.node) WHEN 'object' THEN n.node END) AS e
            WHERE NOT starts_with(e.key, '$') OR e.key IN ('$and', '$or')
            UNION ALL
            SELECT e.value, n.keys
            FROM jsonb_array_elements(CASE jsonb_typeof(n.node) WHEN 'array' THEN n.node END) AS e
        ) AS c (node, keys)
    )
    SELECT DISTINCT n.keys, k.kind
    FROM nodes AS n
    CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(n.node) WHEN 'object' THEN n.node END) AS o
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN o.key = '$time' THEN 'time'
            WHEN o.key IN ('$eq', '$gt', '$gte', '$lt', '$lte')
                AND vecs._operand_type(o.value) = 'time' THEN 'time'
            WHEN o.key IN ('$between', '$in')
                AND jsonb_path_exists(o.value, 'strict $[*] ? (@.type() == "object")') THEN 'time'
            WHEN o.key IN ('$gt', '$gte', '$lt', '$lte', '$between') THEN 'value'
            WHEN o.key = '$in' AND jsonb_array_length(o.value) > 20 THEN 'value'
        END
    ) AS k (kind)
    WHERE n.keys <> '{}' AND k.kind IS NOT NULL;
$fn$;

COMMENT ON FUNCTION vecs._indexable_paths(jsonb) IS
$doc$Return the paths of keys on which a valid filter has ranges, a long $in or times, and the kind of metadata index that serves each. The GIN index on the whole metadata serves none of them.$doc$;

GRANT EXECUTE ON FUNCTION vecs._indexable_paths(jsonb) TO PUBLIC;
