-- _explain_text: write what explain() returns as lines of text.

CREATE OR REPLACE FUNCTION vecs._explain_text(
    explained jsonb
)
RETURNS SETOF text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_step jsonb;
    v_advice text;
    v_parts text[];
BEGIN
    RETURN NEXT concat(
        'Strategy:       ', explained ->> 'strategy', ' (' || (explained ->> 'index') || ')'
    );
    RETURN QUERY SELECT vecs._wrap_text(concat('Reason:         ', explained ->> 'why'), 80);
    RETURN NEXT format(
        'Rows:           %s in %s ms', explained ->> 'rows', explained ->> 'milliseconds'
    );
    RETURN NEXT concat(
        'Matching rows:  ',
        explained ->> 'matching_rows',
        CASE WHEN explained -> 'matching_rows_is_exact' = 'false' THEN ' or more' END,
        ' (estimated: ' || (explained ->> 'expected_rows') || ')'
    );

    FOR v_step IN SELECT s.step FROM jsonb_array_elements(explained -> 'steps') AS s (step) LOOP
        RETURN NEXT format(
            '%s search:   found %s%s in %s ms',
            initcap(v_step ->> 'way'),
            CASE WHEN v_step -> 'complete' = 'false' THEN 'only ' END,
            v_step ->> 'rows',
            v_step ->> 'milliseconds'
        );
        RETURN QUERY
        SELECT '  Settings: ' || string_agg(format('%s = %s', s.key, s.value), ', ' ORDER BY s.key)
        FROM jsonb_each_text(v_step -> 'settings') AS s
        HAVING count(*) > 0;
        RETURN QUERY SELECT regexp_split_to_table('  SQL: ' || (v_step ->> 'sql'), E'\n');
        RETURN NEXT '  Plan:';
        RETURN QUERY
        SELECT '    ' || regexp_split_to_table(p.line, E'\n')
        FROM jsonb_array_elements_text(v_step -> 'plan') AS p (line);
    END LOOP;

    -- A statement is on a line of its own and not wrapped, so that it can be copied.
    FOR v_advice IN
        SELECT a.advice FROM jsonb_array_elements_text(explained -> 'advice') AS a (advice)
    LOOP
        v_parts := coalesce(
            regexp_match(v_advice, '^(.*?:) ((?:SELECT|ANALYZE|VACUUM) .*;)$'), ARRAY[v_advice]
        );
        RETURN QUERY SELECT vecs._wrap_text(concat('Advice:         ', v_parts[1]), 80);
        RETURN QUERY SELECT regexp_split_to_table('  ' || v_parts[2], E'\n');
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._explain_text(jsonb) IS
$doc$Return what explain() returns as lines of text.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_text(jsonb) TO PUBLIC;
