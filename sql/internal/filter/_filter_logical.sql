-- _filter_logical: compile $and, $or or $nor with its list of filters.

CREATE OR REPLACE FUNCTION vecs._filter_logical(
    operator text,
    filters jsonb,
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
    v_weight integer := CASE operator WHEN '$and' THEN weight ELSE 4 END;
    v_node record;
    v_part record;
BEGIN
    operators := 1;
    cost := 0;
    IF jsonb_typeof(filters) <> 'array' THEN
        fault := ARRAY[
            format('"%s" takes a list of filters', location),
            format('Write {"%s": [{...}, {...}]}.', operator)
        ];
        RETURN;
    ELSIF filters = '[]' AND operator <> '$and' THEN
        fault := ARRAY[
            format('"%s" has an empty list', location),
            'Omit it, or give it at least one filter.'
        ];
        RETURN;
    END IF;
    fault := vecs._check_filter_size(jsonb_array_length(filters), 0, location);
    IF fault IS NOT NULL THEN
        RETURN;
    END IF;

    FOR v_node IN
        SELECT m.node, m.location, m.copies
        FROM vecs._filter_merge(operator, filters, fields IS NULL) AS m
    LOOP
        v_part := vecs._filter_node(
            v_node.node, '{}'::text[], format('%s[%s]', location, v_node.location), depth + 1,
            v_weight, indexed_paths, id_column, fields
        );
        operators := operators + least(v_part.operators * v_node.copies, 20000);
        cost := cost + v_part.cost;
        fault := coalesce(v_part.fault, vecs._check_filter_size(operators, cost, location));
        IF fault IS NOT NULL THEN
            RETURN;
        END IF;
        v_parts := v_parts || format('(%s)', v_part.predicate);
    END LOOP;

    predicate := CASE operator
        WHEN '$and' THEN vecs._filter_and(v_parts)
        ELSE array_to_string(v_parts, ' OR ')
    END;
    predicate := CASE operator
        WHEN '$nor' THEN format('(%s) IS NOT TRUE', predicate)
        ELSE format('(%s)', coalesce(nullif(predicate, ''), 'true'))
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_logical(text, jsonb, text, integer, integer, text[], text, jsonb) IS
$doc$Compile $and, $or or $nor with its list of filters to a predicate, as _filter_node() does a single filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_logical(text, jsonb, text, integer, integer, text[], text, jsonb) TO PUBLIC;
