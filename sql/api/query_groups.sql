-- query_groups: return the nearest groups of rows, such as documents of which the rows are parts.
-- Searches for as many rows as are wanted, and then for those of other groups, until there are
-- enough: a document of thousands of near parts takes one search more, not a search for thousands.
--% from 'macros/errors.sql' import reraise with context
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs.query_groups(
    collection text,
    query_vec vector,
    group_by text,
    top_k bigint DEFAULT 10,
    group_size bigint DEFAULT 1,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
    group_value jsonb,
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1
AS $fn$
DECLARE
    v_top_k bigint := least(coalesce(top_k, 10), 1000000000);
    v_group_size bigint := least(coalesce(group_size, 1), 1000000000);
    v_measure text := coalesce(measure, 'cosine_distance');
    v_strategy text := coalesce(strategy, 'auto');
    v_messages text := current_setting('client_min_messages');
    v_size bigint;
    v_is_first boolean := true;
    v_found record;
    -- The groups by their values, the rows of each as [[id, distance], ...], and whether those are
    -- all that it has.
    v_values jsonb[] := '{}';
    v_rows jsonb[] := '{}';
    v_complete boolean[] := '{}';
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._check_search(
        query_vec IS NULL, v_top_k, 0::bigint, v_measure, max_distance, ef_search, probes,
        v_strategy
    );
    PERFORM vecs._check_groups(group_by, v_group_size);
    LOOP
        v_size := greatest(
            2 * v_size, 50, 4 * v_group_size * (v_top_k - cardinality(v_values))
        );
        SELECT
            coalesce(sum(g.number), 0) AS number,
            array_agg(g.value ORDER BY g.distance, g.id)
                FILTER (WHERE g.value IS NOT NULL AND g.value <> ALL (v_values)) AS values,
            array_agg(g.rows ORDER BY g.distance, g.id)
                FILTER (WHERE g.value IS NOT NULL AND g.value <> ALL (v_values)) AS rows
        INTO v_found
        FROM (
            SELECT
                q.metadata -> group_by AS value,
                count(*) AS number,
                min(q.distance) AS distance,
                (array_agg(q.id ORDER BY q.distance, q.id))[1] AS id,
                jsonb_agg(jsonb_build_array(q.id, q.distance) ORDER BY q.distance, q.id) AS rows
            FROM vecs.query(
                collection, query_vec, v_size,
                -- A search with a filter takes longer, so the first goes without.
                CASE
                    WHEN v_is_first THEN filters
                    ELSE vecs._group_filter(filters, group_by, v_values, false)
                END,
                v_measure, true, false, max_distance, ef_search, probes, v_strategy, 0::bigint
            ) AS q
            GROUP BY 1
        ) AS g;
        v_values := v_values || v_found.values;
        v_rows := v_rows || v_found.rows;
        v_complete := v_complete || array_fill(
            v_found.number < v_size, ARRAY[coalesce(cardinality(v_found.values), 0)]
        );
        EXIT WHEN v_found.number < v_size OR cardinality(v_values) >= v_top_k;
        v_is_first := false;
        -- The notices have been raised already.
        PERFORM vecs._swap_settings(
            '{client_min_messages}'::text[], ARRAY[{{ search.quiet() | indent(12) }}]
        );
    END LOOP;

    FOR v_number IN 1..least(v_top_k, cardinality(v_values)) LOOP
        IF jsonb_array_length(v_rows[v_number]) < v_group_size AND NOT v_complete[v_number] THEN
            v_rows[v_number] := (
                SELECT jsonb_agg(jsonb_build_array(q.id, q.distance) ORDER BY q.distance, q.id)
                FROM vecs.query(
                    collection, query_vec, v_group_size,
                    vecs._group_filter(filters, group_by, v_values[v_number:v_number], true),
                    v_measure, false, false, max_distance, ef_search, probes, v_strategy, 0::bigint
                ) AS q
            );
        END IF;
    END LOOP;
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], ARRAY[v_messages]);

    RETURN QUERY
    WITH r AS MATERIALIZED (
        SELECT
            g.value, g.number, e.number AS place, e.value ->> 0 AS id,
            (e.value ->> 1)::double precision AS distance
        FROM unnest(v_values[:v_top_k], v_rows[:v_top_k]) WITH ORDINALITY AS g (value, rows, number)
        CROSS JOIN LATERAL jsonb_array_elements(g.rows) WITH ORDINALITY AS e (value, number)
        WHERE e.number <= v_group_size
    )
    SELECT
        r.value,
        f.id,
        r.distance,
        CASE WHEN include_vec THEN f.vec END,
        CASE WHEN include_metadata IS NOT FALSE THEN f.metadata END
    FROM r
    JOIN vecs.fetch(collection, ARRAY(SELECT i.id FROM r AS i)) AS f ON f.id = r.id
    ORDER BY r.number, r.place;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_groups(text, vector, text, bigint, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$Return the nearest groups of rows, a group being the rows with the same value under a key: the documents that the nearest chunks are of, each once.

Groups are ordered by their nearest row, and the rows within a group by distance, then id. Returns min(top_k, groups) groups with min(group_size, matching rows of the group) rows each, whatever the filter and the index. Rows without the key are in no group; a stored null is a value.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  group_by          the key of the metadata, literally; of an adopted table also a field
  top_k             the number of groups to return; 0 returns none
  group_size        the number of rows to return of each
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      return only rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from the number of rows
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)

Errors: VS001 invalid_argument for a NULL collection, vector or key, a key that begins with "$", a group_size below 1, and as query(); VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_groups(text, vector, text, bigint, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.query_groups(
    information_schema.character_data,
    query_vec halfvec,
    group_by text,
    top_k bigint DEFAULT 10,
    group_size bigint DEFAULT 1,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
    group_value jsonb,
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
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
    RETURN QUERY
    SELECT q.group_value, q.id, q.distance, q.vec, q.metadata
    FROM vecs.query_groups(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], group_by, top_k,
        group_size, filters, measure, include_metadata, include_vec, max_distance,
        ef_search, probes, strategy
    ) AS q;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_groups(information_schema.character_data, halfvec, text, bigint, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$For a halfvec: return the groups of rows nearest to a vector of half precision.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  group_by          as for query_groups()
  top_k             as for query_groups()
  group_size        as for query_groups()
  filters           as for query_groups()
  measure           as for query_groups()
  include_metadata  as for query_groups()
  include_vec       as for query_groups()
  max_distance      as for query_groups()
  ef_search         as for query_groups()
  probes            as for query_groups()
  strategy          as for query_groups()

Errors: VS001, VS002, VS004, VS005, as query_groups() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_groups(information_schema.character_data, halfvec, text, bigint, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;
