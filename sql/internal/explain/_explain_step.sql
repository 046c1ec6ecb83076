-- _explain_step: run one statement of a search and report on it.
-- Arguments: $1 what runs it (nearest, candidates, exact); $2 the statement; $3 the vector; $4 the
-- number of rows; $5 to $8 as $4 to $7 of _search_candidates(); $9 and $10 the names and values of
-- settings to search with. They have no names: see _search_nearest().
--% from 'macros/plans.sql' import abbreviated, way
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._explain_step(
    text,
    text,
    vector,
    bigint,
    double precision,
    double precision,
    double precision,
    boolean,
    text[],
    text[]
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    runner ALIAS FOR $1;
    statement ALIAS FOR $2;
    query_vec ALIAS FOR $3;
    row_limit ALIAS FOR $4;
    max_distance ALIAS FOR $5;
    selectivity ALIAS FOR $6;
    affordable ALIAS FOR $7;
    trusted ALIAS FOR $8;
    names ALIAS FOR $9;
    settings ALIAS FOR $10;
    v_before text[] := vecs._swap_settings(names, settings);
    v_start timestamptz;
    v_line text;
    v_plan text[] := '{}';
    v_rows bigint;
    v_complete boolean := true;
BEGIN
    FOR v_line IN EXECUTE format('EXPLAIN (COSTS OFF) %s', statement)
        USING
        query_vec,
        CASE runner
            WHEN 'candidates'
                THEN {{ search.candidates_limit('row_limit', 'affordable') | indent(16) }}
            ELSE row_limit
        END,
        max_distance
    LOOP
        v_plan := array_append(v_plan, {{ abbreviated('v_line') | indent(8) }});
    END LOOP;

    v_start := clock_timestamp();
    BEGIN
        CASE runner
            WHEN 'nearest' THEN
                SELECT count(*) INTO v_rows
                FROM vecs._search_nearest(statement, query_vec, row_limit) AS s;
            WHEN 'candidates' THEN
                SELECT count(*) INTO v_rows
                FROM vecs._search_candidates(
                    statement, query_vec, row_limit, max_distance, selectivity, affordable, trusted
                ) AS s;
            ELSE
                EXECUTE format('SELECT count(*) FROM (%s) AS s', statement) INTO v_rows
                USING query_vec, row_limit, max_distance;
        END CASE;
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            v_rows := SQLERRM::bigint;
            v_complete := false;
    END;

    PERFORM vecs._swap_settings(names, v_before);
    RETURN jsonb_build_object(
        'way', {{ way('v_plan') | indent(8) }},
        'rows', v_rows,
        'complete', v_complete,
        'milliseconds', round(1000 * extract(epoch FROM clock_timestamp() - v_start), 3),
        'settings', coalesce(jsonb_object(names, settings), '{}'),
        'sql', btrim(statement, E' \n'),
        'plan', to_jsonb(v_plan)
    );
END
$fn$;

COMMENT ON FUNCTION vecs._explain_step(text, text, vector, bigint, double precision, double precision, double precision, boolean, text[], text[]) IS
$doc$Run one statement of a search with some settings, which are put back, and return what happened, as JSON: the way (index, if the vector index orders the rows, else exact), the number of rows, whether they are enough, the time, the settings, the SQL, and the plan.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_step(text, text, vector, bigint, double precision, double precision, double precision, boolean, text[], text[]) TO PUBLIC;
