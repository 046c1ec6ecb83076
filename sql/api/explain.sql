-- explain: run a search, and tell how it was done, why so, and what would make it faster.
-- (For jit, gin_fuzzy_search_limit and the overload for halfvec see query.)
--% from 'macros/errors.sql' import reraise

CREATE OR REPLACE FUNCTION vecs.explain(
    collection text,
    query_vec vector,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET quote_all_identifiers = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_top_k bigint := least(coalesce(top_k, 10), 4000000000000000000);
    v_measure text := coalesce(measure, 'cosine_distance');
    v_strategy text := coalesce(strategy, 'auto');
    v_plan record;
    v_first jsonb;
    v_tuning record;
    v_step jsonb;
    v_steps jsonb := '[]';
    v_why text;
    v_matching bigint;
    v_detail text;
    v_hint text;
BEGIN
    v_plan := vecs._search_plan(
        collection, query_vec, v_top_k, filters, v_measure, include_metadata IS NOT FALSE,
        include_vec, max_distance, ef_search, probes, v_strategy, '$1'
    );
    v_first := to_jsonb(v_plan);
    v_why := vecs._explain_why(v_first, v_top_k, v_measure, v_strategy);
    WHILE v_plan.index_statement IS NOT NULL LOOP
        v_tuning := vecs._search_settings(
            v_plan.method, v_plan.candidates, v_plan.estimated_matches IS NOT NULL, ef_search,
            probes
        );
        v_step := vecs._explain_step(
            'index', v_plan.index_statement, query_vec, v_plan.rows_required, max_distance,
            v_plan.rows_trusted, v_tuning.names, v_tuning.settings
        );
        v_steps := v_steps || v_step;
        EXIT WHEN (v_step ->> 'complete')::boolean;

        v_why := format(
            '%s It found only %s of the %s rows that it had to find, ',
            v_why, v_step ->> 'rows', v_plan.rows_required
        );
        v_plan.candidates := vecs._search_retry(
            v_plan.method, v_plan.candidates, (v_step ->> 'rows')::bigint, v_plan.rows_required,
            v_plan.selectivity, v_plan.exact_cost
        );
        IF v_plan.candidates IS NULL THEN
            v_plan.index_statement := NULL;
        END IF;
        v_why := v_why || CASE
            WHEN v_plan.index_statement IS NULL THEN 'so an exact search followed.'
            ELSE 'so it was searched again with more candidates.'
        END;
    END LOOP;

    IF v_plan.index_statement IS NULL THEN
        v_steps := v_steps || vecs._explain_step(
            'exact', v_plan.exact_statement, query_vec, v_top_k, max_distance,
            NULL::double precision, NULL::text[], NULL::text[]
        );
    END IF;

    EXECUTE format(
        $sql$SELECT count(*) FROM (SELECT FROM %s AS t WHERE %s LIMIT 100000) AS m$sql$,
        (vecs._collection(collection)).table_id, vecs._filter_sql(filters, NULL::regclass)
    ) INTO v_matching;

    RETURN jsonb_build_object(
        'strategy', v_steps -> -1 -> 'way',
        'why', v_why,
        'rows', least(v_top_k, (v_steps -> -1 ->> 'rows')::bigint),
        'milliseconds', (
            SELECT sum((s.step ->> 'milliseconds')::numeric)
            FROM jsonb_array_elements(v_steps) AS s (step)
        ),
        'matching_rows', v_matching,
        'matching_rows_is_exact', v_matching < 100000,
        'expected_rows', v_first -> 'estimated_matches',
        'index', (
            SELECT i.name
            FROM vecs._vector_indexes((vecs._collection(collection)).table_id) AS i
            JOIN jsonb_array_elements_text(v_steps -> -1 -> 'plan') AS p (line)
                ON position(format('Index Scan using %I on ', i.name) IN p.line) > 0
            LIMIT 1
        ),
        'steps', v_steps,
        'advice', to_jsonb(ARRAY(
            SELECT vecs._explain_advice(
                collection, v_measure, filters, v_first, v_steps, v_matching
            )
        ))
    );
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.explain(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$Run a search as query() does, and describe how it was done, why so, and what would make it faster, as JSON.

Keys:
  strategy         index or exact: which search gave the result
  why              the reason, in words
  rows             the number of rows in the result
  milliseconds     the time of all steps
  matching_rows    the number of rows that match the filter, counted up to 100,000
  matching_rows_is_exact  whether that is their number
  expected_rows    the planner's estimate of them
  index            the vector index that gave the result, or null
  steps            each search that was tried: way, rows, complete, milliseconds, settings, sql (in which $1 is the vector, $2 top_k and $3 max_distance) and plan
  advice           a list of sentences, with the statements to run

vecs.explain_text() shows the same as text.

  SELECT jsonb_pretty(vecs.explain('docs', '[0.1,0.2,0.3]', 10, '{"year": {"$gte": 2012}}'));

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()

Errors: VS001 invalid_argument, VS002 collection_not_found, VS004 dimension_mismatch, VS005 invalid_filter, as query().$doc$;

GRANT EXECUTE ON FUNCTION vecs.explain(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.explain(
    information_schema.character_data,
    query_vec halfvec,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN vecs.explain(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], top_k, filters, measure,
        include_metadata, include_vec, max_distance, ef_search, probes, strategy
    );
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.explain(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$For a halfvec: run a search, and describe how it was done, as JSON.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()

Errors: VS001, VS002, VS004, VS005, as explain() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.explain(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;
