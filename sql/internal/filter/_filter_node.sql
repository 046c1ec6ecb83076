-- _filter_node: compile one object of a filter: conditions joined by AND.
-- keys is the path of metadata keys that leads to the object, place the path that an error shows:
-- NULL at the outermost. What is wrong is returned, not raised, so that the error has one line of
-- context however deep it lies; an exception block would be refused in a parallel worker.

CREATE OR REPLACE FUNCTION vecs._filter_node(
    node jsonb,
    keys text[],
    place text,
    depth integer,
    weight integer,
    indexed text[],
    OUT predicate text,
    OUT operators integer,
    OUT cost integer,
    OUT fault text[]
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
    v_part record;
    -- 1: operators; 2: keys.
    v_kinds integer := 0;
    v_key text;
    v_value jsonb;
    v_place text;
BEGIN
    operators := 0;
    cost := 0;
    -- _check_filter_node says what is wrong; here is only seen, at less cost, that something is.
    IF jsonb_typeof(node) <> 'object' OR depth > 64 OR (node = '{}' AND keys <> '{}') THEN
        fault := vecs._check_filter_node(node, keys, place, depth);
        RETURN;
    END IF;

    FOR v_key, v_value IN SELECT e.key, e.value FROM jsonb_each(node) AS e LOOP
        -- A key may be a megabyte long.
        v_place := left(concat_ws('.', place, v_key), 1000);
        v_kinds := v_kinds | CASE WHEN starts_with(v_key, '$') THEN 1 ELSE 2 END;

        IF v_key IN ('$and', '$or', '$nor') AND keys = '{}' THEN
            v_part := vecs._filter_list(v_key, v_value, v_place, depth, weight, indexed);
        ELSIF v_key = '$not' THEN
            v_part := vecs._filter_node(v_value, keys, v_place, depth + 1, 4, indexed);
            v_part.predicate := format('(%s) IS NOT TRUE', v_part.predicate);
            v_part.operators := v_part.operators + 1;
        ELSIF jsonb_typeof(v_value) = 'object' AND NOT starts_with(v_key, '$') THEN
            v_part := vecs._filter_node(
                v_value, keys || v_key, v_place, depth + 1, weight, indexed
            );
        ELSIF starts_with(v_key, '$') THEN
            v_part := vecs._filter_operator(v_key, v_value, keys, v_place, weight, indexed);
        ELSE
            v_part := vecs._filter_operator(
                '$eq', v_value, keys || v_key, v_place, weight, indexed
            );
        END IF;

        operators := operators + v_part.operators;
        cost := cost + v_part.cost;
        IF v_part.fault IS NOT NULL OR operators > 10000 OR cost > 10000 THEN
            fault := coalesce(v_part.fault, vecs._check_filter_size(operators, cost, v_place));
            RETURN;
        END IF;
        v_parts := v_parts || v_part.predicate;
    END LOOP;

    IF v_kinds = 3 AND keys <> '{}' THEN
        fault := vecs._check_filter_node(node, keys, place, depth);
        RETURN;
    END IF;

    predicate := CASE cardinality(v_parts)
        WHEN 0 THEN 'true'
        WHEN 1 THEN v_parts[1]
        ELSE '(' || vecs._filter_and(v_parts) || ')'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_node(jsonb, text[], text, integer, integer, text[]) IS
$doc$Compile one object of a filter, reached by the metadata keys in keys, to a predicate, and count its operators and what they cost, or else tell the message, the hint and perhaps a detail of what is wrong; indexed has the metadata indexes, see _indexed_paths().$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_node(jsonb, text[], text, integer, integer, text[]) TO PUBLIC;
