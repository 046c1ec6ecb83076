-- _explain_shards: run one statement of a search of a distributed collection and report on it.
-- It runs as _nearest_on_shards() runs it. Citus cannot explain a statement with a parameter of a
-- type that is not PostgreSQL's own: there the vector is in the text. Arguments: $1 the statement;
-- $2 the same with the vector in the text; $3 the vector; $4 the number of rows; $5 max_distance;
-- $6 how many rows it has to find (NULL: it finds all that there are); $7 and $8 the names and
-- values of settings to search with. They have no names: see _search_nearest().
--% from 'macros/plans.sql' import abbreviated, way

CREATE OR REPLACE FUNCTION vecs._explain_shards(
    text,
    text,
    vector,
    bigint,
    double precision,
    bigint,
    text[],
    text[]
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $fn$
DECLARE
    names ALIAS FOR $7;
    settings ALIAS FOR $8;
    v_before text[];
    v_start timestamptz;
    v_milliseconds numeric;
    v_line text;
    v_plan text[] := '{}';
    v_rows bigint;
    v_within bigint;
    v_complete boolean;
BEGIN
    IF names IS NOT NULL THEN
        SELECT s.before INTO v_before
        FROM vecs._swap_settings_on_shards(names, settings) AS s (before);
    END IF;
    FOR v_line IN EXECUTE format('EXPLAIN (COSTS OFF) %s', $2) USING NULL::text, $4, $5 LOOP
        v_plan := array_append(v_plan, {{ abbreviated('v_line') | indent(8) }});
    END LOOP;
    v_start := clock_timestamp();
    EXECUTE format(
        'WITH s (id, distance) AS MATERIALIZED (%s)'
        ' SELECT count(*), count(*) FILTER (WHERE s.distance <= $3 IS NOT FALSE) FROM s',
        $1
    ) INTO v_rows, v_within USING $3, $4, $5;
    v_milliseconds := round(1000 * extract(epoch FROM clock_timestamp() - v_start), 3);
    IF names IS NOT NULL THEN
        SELECT s.before INTO v_before
        FROM vecs._swap_settings_on_shards(names, v_before) AS s (before);
    END IF;
    v_complete := v_rows >= $6 IS NOT FALSE;
    RETURN jsonb_build_object(
        'way', {{ way('v_plan') | indent(8) }},
        'rows', CASE WHEN v_complete THEN v_within ELSE v_rows END,
        'complete', v_complete,
        'milliseconds', v_milliseconds,
        'settings', coalesce(jsonb_object(names, settings), '{}'),
        'sql', btrim($1, E' \n'),
        'plan', to_jsonb(v_plan)
    );
END
$fn$;

COMMENT ON FUNCTION vecs._explain_shards(text, text, vector, bigint, double precision, bigint, text[], text[]) IS
$doc$Run one statement of a search of a distributed collection with some settings, which are put back, and return what happened, as JSON, see _explain_step().$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_shards(text, text, vector, bigint, double precision, bigint, text[], text[]) TO PUBLIC;
