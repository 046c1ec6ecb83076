-- _filter_condition: read a filter that is a single condition which _filter_merge() can merge.

CREATE OR REPLACE FUNCTION vecs._filter_condition(
    filter jsonb,
    conjunction boolean,
    compares_strings boolean,
    OUT keys text[],
    OUT operator text,
    OUT operand jsonb
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_key text;
BEGIN
    keys := '{}';
    operand := filter;
    operator := '$eq';
    WHILE jsonb_typeof(operand) = 'object' AND cardinality(keys) < 60 LOOP
        SELECT min(k.key) INTO v_key
        FROM jsonb_object_keys(operand) AS k (key)
        HAVING count(*) = 1;
        EXIT WHEN v_key IS NULL;
        operand := operand -> v_key;
        operator := v_key;
        EXIT WHEN starts_with(v_key, '$') AND (v_key <> '$id' OR keys <> '{}');
        operator := '$eq';
        keys := keys || v_key;
    END LOOP;

    IF keys = '{}' OR vecs._check_filter_operator(operator, operand, keys, '') IS NOT NULL THEN
        operator := NULL;
        RETURN;
    END IF;
    operator := CASE
        WHEN operator IN ('$gt', '$gte', '$lt', '$lte') AND jsonb_typeof(operand) <> 'object'
            THEN CASE WHEN compares_strings OR jsonb_typeof(operand) <> 'string' THEN operator END
        WHEN operator IN ('$eq', '$ne') AND jsonb_typeof(operand) IN ('array', 'object') THEN NULL
        WHEN conjunction THEN CASE
            WHEN operator IN ('$ne', '$nin') THEN '$nin'
            WHEN operator IN ('$contains', '$all') THEN '$all'
        END
        WHEN operator IN ('$eq', '$in') THEN '$in'
        WHEN operator IN ('$contains', '$any') THEN '$any'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_condition(jsonb, boolean, boolean) IS
$doc$Return the path of keys, the operator and the operand of a filter that is a single mergeable condition: a bound, or membership in a list, where the operand may also be a single element. Under OR membership means any of the elements; with conjunction, all or none of them. operator is NULL for other filters, and for a bound that is a string, unless compares_strings.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_condition(jsonb, boolean, boolean) TO PUBLIC;
