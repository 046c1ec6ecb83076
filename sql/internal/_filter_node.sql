-- _filter_node: compile one object of a filter: conditions joined by AND.
-- keys is the path of metadata keys that leads to the object, place the path that an error shows:
-- NULL at the outermost.

CREATE OR REPLACE FUNCTION vecs._filter_node(
    node jsonb,
    keys text[],
    place text,
    depth integer,
    indexed text[],
    OUT predicate text,
    OUT operators integer
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_parts text[] := '{}';
    v_part text;
    v_count integer;
    -- 1: operators; 2: keys.
    v_kinds integer := 0;
    v_key text;
    v_value jsonb;
    v_place text;
BEGIN
    -- _check_filter_node says what is wrong; here is only seen, at less cost, that something is.
    IF jsonb_typeof(node) <> 'object' OR depth > 64 OR (node = '{}' AND keys <> '{}') THEN
        PERFORM vecs._check_filter_node(node, keys, place, depth);
    END IF;
    operators := 0;

    FOR v_key, v_value IN SELECT e.key, e.value FROM jsonb_each(node) AS e LOOP
        -- A key may be a megabyte long.
        v_place := left(concat_ws('.', place, v_key), 1000);
        v_count := 1;
        v_kinds := v_kinds | CASE WHEN starts_with(v_key, '$') THEN 1 ELSE 2 END;

        IF v_key IN ('$and', '$or', '$nor') AND keys = '{}' THEN
            SELECT f.predicate, f.operators INTO v_part, v_count
            FROM vecs._filter_list(v_key, v_value, v_place, depth, indexed) AS f;
        ELSIF v_key = '$not' THEN
            SELECT format('(%s) IS NOT TRUE', f.predicate), f.operators + 1 INTO v_part, v_count
            FROM vecs._filter_node(v_value, keys, v_place, depth + 1, indexed) AS f;
        ELSIF starts_with(v_key, '$') THEN
            v_part := vecs._filter_operator(v_key, v_value, keys, v_place, indexed);
        ELSIF jsonb_typeof(v_value) = 'object' THEN
            SELECT f.predicate, f.operators INTO v_part, v_count
            FROM vecs._filter_node(v_value, keys || v_key, v_place, depth + 1, indexed) AS f;
        ELSE
            v_part := vecs._filter_operator('$eq', v_value, keys || v_key, v_place, indexed);
        END IF;

        v_parts := v_parts || v_part;
        operators := operators + v_count;
        IF operators > 10000 THEN
            PERFORM vecs._raise(
                'invalid_filter',
                format('filter has more than 10000 operators, at "%s"', v_place),
                'Use one $in with a list instead of many conditions: its elements do not count.'
            );
        END IF;
    END LOOP;

    IF v_kinds = 3 AND keys <> '{}' THEN
        PERFORM vecs._check_filter_node(node, keys, place, depth);
    END IF;

    predicate := CASE cardinality(v_parts)
        WHEN 0 THEN 'true'
        WHEN 1 THEN v_parts[1]
        ELSE '(' || array_to_string(v_parts, ' AND ') || ')'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_node(jsonb, text[], text, integer, text[]) IS
$doc$Compile one object of a filter, reached by the metadata keys in keys, to a predicate, and count its operators; indexed has the paths of keys, as JSON, that have a metadata index.

Raises VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_node(jsonb, text[], text, integer, text[]) TO PUBLIC;
