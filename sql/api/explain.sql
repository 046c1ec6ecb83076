-- explain: run a search, and tell how it was done, why so, and what would make it faster.
-- (For jit, gin_fuzzy_search_limit and the overload for halfvec see query.)
--% import 'macros/search.sql' as search with context
--% from 'macros/errors.sql' import reraise with context

--% macro with_vector(statement)
{#- The statement with the vector in place of $1: without quotes, so that it can do no harm in a
    string. -#}
replace(
    replace(
        {{ statement }},
        coalesce(v_order, v_distance),
        replace(coalesce(v_order, v_distance), '$1', v_vector)
    ),
    v_distance,
    replace(v_distance, '$1', v_vector)
)
--%- endmacro

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
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
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
    {{ search.variables() | indent(4) }}
    v_step jsonb;
    v_steps jsonb := '[]';
    v_why text;
    v_plan jsonb;
    v_matching bigint;
    -- The vector as SQL.
    v_vector text;
    v_detail text;
    v_hint text;
BEGIN
    IF skip > 0 AND coalesce(top_k, 10) > 0 THEN
        RETURN vecs._explain_page(
            collection, query_vec, least(coalesce(top_k, 10), 4000000000000000000), filters,
            measure, max_distance, ef_search, probes, strategy, least(skip, 4000000000000000000)
        );
    END IF;

    -- What query() does, in the same order.
    {{ search.prepare_plain('query_vec') | indent(4) }}
    IF v_is_plain THEN
        BEGIN
            IF v_index IS NULL THEN
                {{ search.prepare_other('query_vec') | indent(16) }}
            END IF;
            IF v_is_plain THEN
                v_matches := CASE WHEN v_predicate IS NOT NULL THEN v_index_rows END;
                v_step := vecs._explain_step(
                    'nearest', v_statement, query_vec, v_wanted, NULL::double precision,
                    NULL::double precision, NULL::double precision, NULL::boolean, v_names,
                    v_settings
                );
                v_steps := v_steps || v_step;
                v_why := CASE
                    WHEN v_predicate IS NOT NULL THEN
                        'A partial index has just the rows that match, so it returns the nearest of'
                        ' them.'
                    WHEN v_step ->> 'way' = 'index' THEN
                        'There is no filter, so the index returns the nearest rows.'
                    ELSE 'There is no filter. The planner expects comparing all rows to take less'
                        ' time than the index.'
                END;
            END IF;
        EXCEPTION
            WHEN SQLSTATE 'VS002' OR data_exception OR undefined_column OR undefined_table THEN
                NULL;
        END;
    END IF;
    IF NOT coalesce((v_step ->> 'complete')::boolean, false) THEN
        {{ search.plan('query_vec') | indent(8) }}
        v_plan := jsonb_build_object(
            'method', v_method,
            'use_index', v_use_index,
            'expected_rows', v_matches,
            'row_count', v_row_count,
            'is_assumed', v_is_assumed,
            'rows_required', v_rows_required,
            'candidates', v_candidates,
            'is_whole', v_is_whole
        );
        v_why := CASE
            WHEN v_step IS NULL THEN vecs._explain_why(v_plan, top_k, measure, strategy)
            ELSE format(
                '%s It found only %s of %s rows, so %s followed.',
                v_why, v_step ->> 'rows', v_wanted,
                CASE
                    WHEN v_use_index THEN 'a longer search by the index'
                    ELSE 'an exact search'
                END
            )
        END;
        IF v_shards IS NOT NULL THEN
            IF top_k > 0 THEN
                v_why := format(
                    CASE
                        WHEN v_shards > 1 AND (
                            SELECT e.tasks
                            FROM vecs._estimate_on_shards(v_relation, v_filter, true) AS e
                        ) = 1 THEN '%s The filter tells which one of the %s shards was asked.'
                        ELSE '%s Each of the %s shards was asked.'
                    END,
                    v_why, v_shards
                );
            END IF;
            v_vector := format(
                'ARRAY[%s]::real[]::%s',
                array_to_string(query_vec::real[], ','), pg_typeof(query_vec)
            );
        END IF;
        IF v_shards IS NOT NULL AND v_use_index THEN
            {{ search.prepare_shards() | indent(12) }}
            v_rows_required := v_wanted;
            v_step := vecs._explain_shards(
                v_statement, {{ with_vector('v_statement') | indent(16) }}, query_vec, v_wanted,
                max_distance, v_wanted, v_names, v_settings
            );
            v_steps := v_steps || v_step;
        ELSIF {{ search.is_whole_nearest() | indent(8) }} THEN
            {{ search.prepare_list() | indent(12) }}
            {{ search.prepare_nearest() | indent(12) }}
            v_step := vecs._explain_step(
                'nearest', v_statement, query_vec, v_wanted, NULL::double precision,
                NULL::double precision, NULL::double precision, NULL::boolean, v_names, v_settings
            );
            v_steps := v_steps || v_step;
        END IF;
        IF v_use_index
            AND v_shards IS NULL
            AND NOT coalesce((v_step ->> 'complete')::boolean, false)
        THEN
            {{ search.prepare_candidates() | indent(12) }}
            v_step := vecs._explain_step(
                'candidates', v_statement, query_vec, v_rows_required, max_distance, v_selectivity,
                v_affordable, {{ search.is_trusted() }}, v_names, v_settings
            );
            v_steps := v_steps || v_step;
        END IF;
        IF v_use_index AND NOT (v_step ->> 'complete')::boolean THEN
            v_use_index := false;
            v_why := format(
                '%s It found only %s of the %s rows that it had to find, so an exact search'
                ' followed.',
                v_why, v_step ->> 'rows', v_rows_required
            );
        END IF;
        IF NOT v_use_index AND v_shards IS NOT NULL THEN
            v_statement := {{ search.exact_statement() | indent(12) }};
            v_steps := v_steps || vecs._explain_shards(
                v_statement, {{ with_vector('v_statement') | indent(16) }}, query_vec, top_k,
                max_distance, NULL::bigint, NULL::text[], NULL::text[]
            );
        ELSIF NOT v_use_index THEN
            v_steps := v_steps || vecs._explain_step(
                'exact', {{ search.exact_statement() | indent(16) }}, query_vec, top_k,
                max_distance, NULL::double precision, NULL::double precision, NULL::boolean,
                CASE WHEN v_few_match THEN '{max_parallel_workers_per_gather}'::text[] END,
                CASE WHEN v_few_match THEN '{0}'::text[] END
            );
        END IF;
    END IF;

    EXECUTE format(
        $sql$SELECT count(*) FROM (SELECT 1 FROM %s AS t WHERE (%s)%s LIMIT 100000) AS m$sql$,
        v_relation,
        vecs._filter_sql(filters, NULL::regclass, v_view),
        CASE WHEN v_view IS NOT NULL THEN ' AND t.vec IS NOT NULL' END
    ) INTO v_matching;

    RETURN jsonb_build_object(
        'strategy', v_steps -> -1 -> 'way',
        'why', v_why,
        'rows', least(top_k, (v_steps -> -1 ->> 'rows')::bigint),
        'milliseconds', (
            SELECT sum((s.step ->> 'milliseconds')::numeric)
            FROM jsonb_array_elements(v_steps) AS s (step)
        ),
        'matching_rows', v_matching,
        'matching_rows_is_exact', v_matching < 100000,
        'expected_rows', v_matches,
        'index', vecs._explain_index(collection, v_steps -> -1 -> 'plan'),
        'steps', v_steps,
        'advice', to_jsonb(ARRAY(
            SELECT vecs._explain_advice(
                collection, coalesce(measure, 'cosine_distance'), filters, v_matches, v_steps,
                v_matching
            )
        ))
    );
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.explain(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Run a search as query() does, and describe how it was done, why so, and what would make it faster, as JSON.

Keys:
  strategy         index or exact: which search gave the result
  why              the reason, in words
  rows             the number of rows in the result
  milliseconds     the time of all steps
  matching_rows    the number of rows that match the filter, counted up to 100,000
  matching_rows_is_exact  whether that is their number
  expected_rows    how many were expected: the planner's estimate, corrected by a look at some rows where it is doubtful
  index            the vector index that gave the result, or null
  steps            each search that was tried: way, rows, complete, milliseconds, settings, sql (in which $1 is the vector, $2 how many rows or, of a search by the index with a filter, how many candidates it may read, and $3 max_distance) and plan
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
  skip              as for query(); a page is cut from several searches, of which the last and largest is described

Errors: VS001 invalid_argument, VS002 collection_not_found, VS004 dimension_mismatch, VS005 invalid_filter, as query().$doc$;

GRANT EXECUTE ON FUNCTION vecs.explain(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

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
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
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
        include_metadata, include_vec, max_distance, ef_search, probes, strategy, skip
    );
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.explain(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
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
  skip              as for query()

Errors: VS001, VS002, VS004, VS005, as explain() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.explain(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;
