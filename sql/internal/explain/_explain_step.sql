-- _explain_step: run one attempt of a search and report on it.
-- Arguments: $1 the way, exact or index; $2 to $6 as for _search_by_index(); $7 and $8 the names
-- and values of settings to search with. They have no names: see _search_by_index().

CREATE OR REPLACE FUNCTION vecs._explain_step(
    text,
    text,
    vector,
    bigint,
    double precision,
    double precision,
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
    way ALIAS FOR $1;
    statement ALIAS FOR $2;
    query_vec ALIAS FOR $3;
    top_k ALIAS FOR $4;
    max_distance ALIAS FOR $5;
    rows_trusted ALIAS FOR $6;
    names ALIAS FOR $7;
    settings ALIAS FOR $8;
    v_before text[] := vecs._swap_settings(names, settings);
    v_start timestamptz;
    v_line text;
    v_plan text[] := '{}';
    v_rows bigint;
    v_complete boolean := true;
BEGIN
    -- Abbreviate vectors, which would fill pages.
    FOR v_line IN EXECUTE format('EXPLAIN (COSTS OFF) %s', statement)
        USING query_vec, top_k, max_distance
    LOOP
        v_plan := array_append(v_plan, regexp_replace(
            v_line, '([[][-+.e0-9]+,[-+.e0-9]+),[-+.e0-9,]{80,}[]]', E'\\1,...]', 'g'
        ));
    END LOOP;

    v_start := clock_timestamp();
    IF way = 'exact' THEN
        EXECUTE format('SELECT count(*) FROM (%s) AS s', statement) INTO v_rows
        USING query_vec, top_k, max_distance;
    ELSE
        BEGIN
            SELECT count(*) INTO v_rows
            FROM vecs._search_by_index(
                statement, query_vec, top_k, max_distance, rows_trusted
            ) AS s;
        EXCEPTION
            WHEN SQLSTATE 'VS000' THEN
                v_rows := SQLERRM::bigint;
                v_complete := false;
        END;
    END IF;

    PERFORM vecs._swap_settings(names, v_before);
    RETURN jsonb_build_object(
        'way', way,
        'rows', v_rows,
        'complete', v_complete,
        'milliseconds', round(1000 * extract(epoch FROM clock_timestamp() - v_start), 3),
        'settings', coalesce(jsonb_object(names, settings), '{}'),
        'sql', btrim(statement, E' \n'),
        'plan', to_jsonb(v_plan)
    );
END
$fn$;

COMMENT ON FUNCTION vecs._explain_step(text, text, vector, bigint, double precision, double precision, text[], text[]) IS
$doc$Run one attempt of a search, exact or by the index, with the settings that it needs. Returns as JSON what it found, how long it took, and the planner's plan.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_step(text, text, vector, bigint, double precision, double precision, text[], text[]) TO PUBLIC;
