-- _check_filter_node: find what is wrong with a part of a filter that is not a well-formed object.

CREATE OR REPLACE FUNCTION vecs._check_filter_node(
    node jsonb,
    keys text[],
    location text,
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
                WHEN location IS NULL
                    THEN format('a filter must be an object, not a JSON %s', jsonb_typeof(node))
                ELSE format(
                    'filter must be an object at "%s", not a JSON %s', location, jsonb_typeof(node)
                )
            END,
            CASE
                WHEN jsonb_typeof(node) = 'string'
                    AND node #>> '{}' ~ '^[[:space:]]*[{].*[}][[:space:]]*$'
                THEN
                    'The filter was encoded to JSON twice: pass the object itself where the driver'
                    ' encodes it, or its text encoded once.'
                ELSE 'A filter is an object such as {"year": {"$gte": 2012}}.'
            END
        ];
    ELSIF depth > 64 THEN
        RETURN ARRAY[
            format('filter is more than 64 levels deep, at "%s"', left(location, 200)),
            'The conditions of one object are joined by AND: nest less.'
        ];
    END IF;

    SELECT count(*) FILTER (WHERE starts_with(k.key, '$')), count(*)
    INTO v_operators, v_keys
    FROM jsonb_object_keys(node) AS k (key);

    IF keys <> '{}' AND v_keys = 0 THEN
        RETURN ARRAY[
            format('filter has an empty object at "%s"', location),
            CASE keys[1]
                WHEN '$id'
                    THEN 'The operators of "$id" are {{ id_operators | join(", ") }}, $not.'
                ELSE
                    'To ask whether a key exists use {"$exists": true}; for a stored {} use'
                    ' {"$eq": {}}.'
            END
        ];
    ELSIF keys <> '{}' AND v_operators NOT IN (0, v_keys) THEN
        RETURN ARRAY[
            format('filter mixes operators and keys at "%s"', location),
            'Under a key write either operators, which start with "$", or the keys of a path.'
        ];
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._check_filter_node(jsonb, text[], text, integer) IS
$doc$Return the message and the hint for a part of a filter that is not an object, is nested too deeply, is empty under a key, or mixes operators and keys. NULL for a valid one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_filter_node(jsonb, text[], text, integer) TO PUBLIC;
