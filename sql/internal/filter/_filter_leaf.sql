-- _filter_leaf: read a filter that is one condition of those that _filter_merge() makes one of.

CREATE OR REPLACE FUNCTION vecs._filter_leaf(
    filter jsonb,
    conjunction boolean,
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
        EXIT WHEN starts_with(v_key, '$');
        operator := '$eq';
        keys := keys || v_key;
    END LOOP;

    IF keys = '{}' OR vecs._check_filter_operator(operator, operand, keys, '') IS NOT NULL THEN
        operator := NULL;
        RETURN;
    END IF;
    operator := CASE
        WHEN operator IN ('$gt', '$gte', '$lt', '$lte') AND jsonb_typeof(operand) <> 'object'
            THEN operator
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

COMMENT ON FUNCTION vecs._filter_leaf(jsonb, boolean) IS
$doc$The path of keys, the operator and the operand of a filter that is one bound, or that asks for one of the elements of a list, for $and for all or none of them, where the operand may be one element; operator is NULL for other filters.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_leaf(jsonb, boolean) TO PUBLIC;
