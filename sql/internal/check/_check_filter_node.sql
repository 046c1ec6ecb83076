-- _check_filter_node: tell what is wrong with a part of a filter that is not an object of the right
-- kind.

CREATE OR REPLACE FUNCTION vecs._check_filter_node(
    node jsonb,
    keys text[],
    place text,
    depth integer
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_operators bigint;
    v_keys bigint;
BEGIN
    IF jsonb_typeof(node) <> 'object' THEN
        RETURN ARRAY[
            CASE
                WHEN place IS NULL
                    THEN format('a filter must be an object, not a JSON %s', jsonb_typeof(node))
                ELSE format(
                    'filter must be an object at "%s", not a JSON %s', place, jsonb_typeof(node)
                )
            END,
            CASE
                WHEN jsonb_typeof(node) = 'string'
                    AND node #>> '{}' ~ '^[[:space:]]*[{].*[}][[:space:]]*$'
                THEN
                    'The filter was encoded to JSON twice: pass the object itself where the driver'
                    ' encodes it, or else its text once encoded.'
                ELSE 'A filter is an object such as {"year": {"$gte": 2012}}.'
            END
        ];
    ELSIF depth > 64 THEN
        RETURN ARRAY[
            format('filter is more than 64 levels deep, at "%s"', left(place, 200)),
            'Conditions of one object are joined by AND: nest less.'
        ];
    END IF;

    SELECT count(*) FILTER (WHERE starts_with(k.key, '$')), count(*)
    INTO v_operators, v_keys
    FROM jsonb_object_keys(node) AS k (key);

    IF keys <> '{}' AND v_keys = 0 THEN
        RETURN ARRAY[
            format('filter has an empty object at "%s"', place),
            'To ask whether a key is there use {"$exists": true}; for a stored {} use {"$eq": {}}.'
        ];
    ELSIF keys <> '{}' AND v_operators NOT IN (0, v_keys) THEN
        RETURN ARRAY[
            format('filter mixes operators and keys at "%s"', place),
            'Under a key stand either operators, with "$", or the keys of a nested path.'
        ];
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._check_filter_node(jsonb, text[], text, integer) IS
$doc$The message and the hint for a part of a filter that is not an object, is too deep, empty under a key, or mixes operators and keys; NULL for a right one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_filter_node(jsonb, text[], text, integer) TO PUBLIC;
