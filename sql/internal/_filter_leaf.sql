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
    v_equal text := CASE WHEN conjunction THEN '$ne' ELSE '$eq' END;
    v_list text := CASE WHEN conjunction THEN '$nin' ELSE '$in' END;
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

    operator := CASE
        WHEN keys = '{}' THEN NULL
        WHEN operator = v_equal AND jsonb_typeof(operand) NOT IN ('array', 'object') THEN v_list
        WHEN operator = v_list
            AND vecs._check_filter_operator(operator, operand, keys, '') IS NULL THEN v_list
        WHEN operator IN ('$gt', '$gte', '$lt', '$lte')
            AND jsonb_typeof(operand) IN ('number', 'string', 'boolean') THEN operator
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_leaf(jsonb, boolean) IS
$doc$The path of keys, the operator and the operand of a filter that is one bound or one equality, this as a list, or for $and one inequality; operator is NULL for other filters.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_leaf(jsonb, boolean) TO PUBLIC;
