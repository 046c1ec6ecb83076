-- _filter_operator: compile one operator with its operand, under a path of metadata keys or $id.
-- Prefers containment, @>, because the GIN index on the metadata serves it. A chain of -> with keys
-- never enters an array.
-- The cost is about how long the predicate takes, in comparisons with one value, times the weight.
-- The weight is that of a condition under AND, where a row that fails one is done with, or under
-- OR, where all are evaluated.

CREATE OR REPLACE FUNCTION vecs._filter_operator(
    operator text,
    operand jsonb,
    keys text[],
    location text,
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
    v_type text := jsonb_typeof(operand);
    v_length integer := CASE v_type WHEN 'array' THEN jsonb_array_length(operand) ELSE 0 END;
    v_value text;
    -- The document that has the keys, and the keys in it.
    v_root text := 'metadata';
    v_keys text[] := keys;
    v_field record;
BEGIN
    operators := 1;
    fault := vecs._check_filter_operator(operator, operand, keys, location);
    IF fault IS NOT NULL THEN
        RETURN;
    END IF;
    IF keys[1] = '$id' THEN
        IF id_column IS NULL THEN
            fault := ARRAY[
                format('metadata alone has no id to compare with "$id", at "%s"', location),
                'Filter the rows of a collection, with query(), scan() or count_rows().'
            ];
        END IF;
        predicate := CASE
            WHEN fields IS NULL THEN vecs._filter_id(operator, operand, id_column)
            ELSE vecs._filter_key(operator, operand, fields -> 'key')
        END;
        cost := weight * (1 + v_length / 100);
        RETURN;
    ELSIF operator = '$time' THEN
        operator := '$eq';
        operand := jsonb_build_object('$time', operand);
        v_type := 'object';
    END IF;
    IF fields IS NOT NULL THEN
        v_field := vecs._filter_column(operator, operand, keys, location, fields);
        predicate := v_field.predicate;
        fault := v_field.fault;
        cost := weight * (1 + v_length / 100);
        IF predicate IS NOT NULL OR fault IS NOT NULL THEN
            RETURN;
        END IF;
        v_root := v_field.root;
        v_keys := v_field.rest;
    END IF;

    v_value := vecs._path_expression(v_root, v_keys);
    -- $eq and $ne are left out: they compare a list as a whole.
    IF (v_type = 'object' AND vecs._operand_type(operand) = 'time') OR (
        operator IN ('$between', '$in', '$nin')
        AND jsonb_path_exists(operand, 'strict $[*] ? (@.type() == "object")')
    ) THEN
        predicate := vecs._filter_time(operator, operand, v_root, v_keys, v_value);
        cost := weight * (25 * CASE operator WHEN '$between' THEN 2 ELSE 1 END + v_length / 100);
        RETURN;
    END IF;
    cost := weight * CASE
        WHEN operator IN ('$in', '$any') AND v_length <= 20 THEN greatest(v_length, 1)
        WHEN operator = '$any' THEN 25 + v_length / 100
        WHEN operator = '$all' THEN 1 + v_length / 4
        WHEN operator IN ('$between', '$ilike') OR v_type = 'object' THEN 3
        WHEN operator IN ('$like', '$startswith') THEN 2
        WHEN operator IN ('$eq', '$ne') AND v_type = 'array' THEN 3
        ELSE 1 + v_length / 100
    END;

    predicate := vecs._filter_indexed(operator, operand, v_value, v_keys, indexed_paths);
    IF predicate IS NOT NULL THEN
        RETURN;
    END IF;

    predicate := CASE operator
        WHEN '$eq' THEN CASE
            WHEN operand IN ('[]', '{}') THEN format('%s = %L::jsonb', v_value, operand)
            WHEN v_type IN ('array', 'object') THEN
                format(
                    '(%s AND %s = %L::jsonb)',
                    vecs._filter_contains(v_root, v_keys, operand), v_value, operand
                )
            ELSE vecs._filter_contains(v_root, v_keys, operand)
        END
        WHEN '$ne' THEN format('%s <> %L::jsonb', v_value, operand)
        --% for name, sign in comparisons.items()
        WHEN '{{ name }}' THEN
            format(
                '(jsonb_typeof(%1$s) = %2$L AND %1$s {{ sign }} %3$L::jsonb)',
                v_value, v_type, operand
            )
        --% endfor
        WHEN '$between' THEN format(
            '(jsonb_typeof(%1$s) = %2$L AND %1$s >= %3$L::jsonb AND %1$s <= %4$L::jsonb)',
            v_value, jsonb_typeof(operand -> 0), operand -> 0, operand -> 1
        )
        WHEN '$in' THEN vecs._filter_in(v_value, v_root, v_keys, operand)
        WHEN '$nin' THEN CASE
            WHEN operand = '[]' THEN format('%s IS NOT NULL', v_value)
            ELSE format(
                '%s <> ALL (%L::jsonb[])', v_value, ARRAY(SELECT jsonb_array_elements(operand))
            )
        END
        WHEN '$contains' THEN vecs._filter_contains(v_root, v_keys, jsonb_build_array(operand))
        WHEN '$any' THEN vecs._filter_any(v_value, v_root, v_keys, operand)
        WHEN '$all' THEN CASE
            WHEN operand = '[]'
                THEN format('coalesce(jsonb_typeof(%s) = ''array'', false)', v_value)
            ELSE vecs._filter_contains(v_root, v_keys, operand)
        END
        WHEN '$exists' THEN format(
            '%s IS %s', v_value, CASE WHEN operand = 'true' THEN 'NOT NULL' ELSE 'NULL' END
        )
        WHEN '$startswith' THEN
            format(
                '(jsonb_typeof(%1$s) = ''string'' AND starts_with(%1$s #>> ''{}'', %2$L))',
                v_value, operand #>> '{}'
            )
        ELSE
            format(
                '(jsonb_typeof(%1$s) = ''string'' AND (%1$s #>> ''{}'') %2$s %3$L)',
                v_value, CASE operator WHEN '$like' THEN 'LIKE' ELSE 'ILIKE' END, operand #>> '{}'
            )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_operator(text, jsonb, text[], text, integer, text[], text, jsonb) IS
$doc$Compile one operator with its operand, under a path of metadata keys or $id, to a predicate, and return its cost. In place of the predicate, fault has the message and the hint of what is wrong. indexed_paths, id_column and fields are as for _filter_node().$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_operator(text, jsonb, text[], text, integer, text[], text, jsonb) TO PUBLIC;
