-- _filter_node: compile one object of a filter: conditions joined by AND.
-- keys is the path of metadata keys that leads to the object. location is the path that an error
-- shows, NULL for the outermost object. A fault is returned, not raised: the error has one line of
-- context however deep the fault is, and a parallel worker could not run an exception block.

CREATE OR REPLACE FUNCTION vecs._filter_node(
    node jsonb,
    keys text[],
    location text,
    depth integer,
    weight integer,
    indexed_paths text[],
    id_column text,
    fields jsonb,
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
    -- A set of bits: 1 for an operator, 2 for a key.
    v_kinds integer := 0;
    v_key text;
    v_value jsonb;
    v_location text;
    v_is_operator boolean;
BEGIN
    operators := 0;
    cost := 0;
    -- A cheap test; _check_filter_node() says what is wrong.
    IF jsonb_typeof(node) <> 'object' OR depth > 64 OR (node = '{}' AND keys <> '{}') THEN
        fault := vecs._check_filter_node(node, keys, location, depth);
        RETURN;
    END IF;

    FOR v_key, v_value IN SELECT e.key, e.value FROM jsonb_each(node) AS e LOOP
        -- A key may be a megabyte long.
        v_location := left(concat_ws('.', location, v_key), 1000);
        -- $id stands where a key would.
        v_is_operator := starts_with(v_key, '$') AND (v_key <> '$id' OR keys <> '{}');
        v_kinds := v_kinds | CASE WHEN v_is_operator THEN 1 ELSE 2 END;

        IF v_key IN ('$and', '$or', '$nor') AND keys = '{}' THEN
            v_part := vecs._filter_logical(
                v_key, v_value, v_location, depth, weight, indexed_paths, id_column, fields
            );
        ELSIF v_key = '$not' THEN
            v_part := vecs._filter_node(
                v_value, keys, v_location, depth + 1, 4, indexed_paths, id_column, fields
            );
            v_part.predicate := format('(%s) IS NOT TRUE', v_part.predicate);
            v_part.operators := v_part.operators + 1;
        ELSIF v_is_operator THEN
            v_part := vecs._filter_operator(
                v_key, v_value, keys, v_location, weight, indexed_paths, id_column, fields
            );
        ELSIF jsonb_typeof(v_value) = 'object' THEN
            v_part := vecs._filter_node(
                v_value, keys || v_key, v_location, depth + 1, weight, indexed_paths, id_column,
                fields
            );
        ELSE
            v_part := vecs._filter_operator(
                '$eq', v_value, keys || v_key, v_location, weight, indexed_paths, id_column, fields
            );
        END IF;

        operators := operators + v_part.operators;
        cost := cost + v_part.cost;
        IF v_part.fault IS NOT NULL OR operators > 10000 OR cost > 10000 THEN
            fault := coalesce(v_part.fault, vecs._check_filter_size(operators, cost, v_location));
            RETURN;
        END IF;
        v_parts := v_parts || v_part.predicate;
    END LOOP;

    IF v_kinds = 3 AND keys <> '{}' THEN
        fault := vecs._check_filter_node(node, keys, location, depth);
        RETURN;
    END IF;

    predicate := CASE cardinality(v_parts)
        WHEN 0 THEN 'true'
        WHEN 1 THEN v_parts[1]
        ELSE '(' || vecs._filter_and(v_parts) || ')'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_node(jsonb, text[], text, integer, integer, text[], text, jsonb) IS
$doc$Compile one object of a filter to a predicate. Also returns the number of its operators, and its cost. In place of the predicate, fault has the message, the hint and perhaps a detail of what is wrong. indexed_paths lists the metadata indexes that the predicate may use. id_column is the SQL text of the row's id; NULL where there is none, and then $id is a fault. fields describes the columns of an adopted table, as _fields() does; NULL for a collection.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_node(jsonb, text[], text, integer, integer, text[], text, jsonb) TO PUBLIC;
