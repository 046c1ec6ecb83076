-- recall: measure how much of what an exact search finds the index finds, and how fast.
-- The sample is fetched before the searches: Citus runs none within a query over shards.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.recall(
    collection text,
    sample bigint DEFAULT 100,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL
)
RETURNS TABLE (
    recall double precision,
    p50_ms double precision,
    exact_p50_ms double precision,
    sampled integer
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_sample bigint := coalesce(sample, 100);
    v_top_k bigint := least(coalesce(top_k, 10), 4000000000000000000);
    v_measure text := coalesce(measure, 'cosine_distance');
    v_strategy text := 'index';
    v_sampled text;
    v_ids text[];
    v_vecs text[];
    v_messages text := current_setting('client_min_messages');
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    IF v_sample < 1 OR v_top_k < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'sample and top_k must be at least 1, not %s and %s', v_sample, v_top_k
            ),
            HINT = 'Start with a sample of 100 rows.';
    END IF;
    PERFORM vecs._check_search(
        false, v_top_k, 0::bigint, v_measure, NULL::double precision, ef_search, probes, 'index'
    );
    PERFORM vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
    PERFORM vecs._lock_collection(collection, 'read');

    -- Raise the notice once, not in each search.
    IF NOT vecs.has_index(collection, v_measure)
        AND (vecs._partial_index(v_collection.table_id, filters, v_measure)).index_id IS NULL
    THEN
        PERFORM vecs._notice_no_index(collection, v_measure);
        v_strategy := 'exact';
    END IF;

    v_sampled := vecs._sampled_rows(collection, v_sample);
    EXECUTE format('SELECT array_agg(s.id), array_agg(s.vec::text) FROM %s AS s', v_sampled)
    INTO v_ids, v_vecs;
    -- The notices of each search have been raised already.
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], '{warning}'::text[]);
    -- A row that the index found counts if it is no farther than the farthest of the exact ones.
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT
            sum((
                SELECT count(*) FROM unnest(i.distances) AS d (distance)
                WHERE d.distance <= e.distances[cardinality(e.distances)]
            ))::double precision / nullif(sum(cardinality(e.distances)), 0),
            percentile_cont(0.5) WITHIN GROUP (ORDER BY i.milliseconds),
            percentile_cont(0.5) WITHIN GROUP (ORDER BY e.milliseconds),
            count(*)::integer
        FROM (
            SELECT u.id, u.vec::%1$svector AS vec FROM unnest($8, $9) AS u (id, vec) OFFSET 0
        ) AS s
        CROSS JOIN LATERAL vecs._timed_query($1, s.id, s.vec, $2, $3, $4, $5, $6, $7) AS i
        CROSS JOIN LATERAL vecs._timed_query(
            $1, s.id, s.vec, $2, $3, $4, NULL::bigint, NULL::bigint, 'exact'
        ) AS e
        $sql$,
        v_collection.pgvector
    ) USING
        collection, v_top_k, filters, v_measure, ef_search, probes, v_strategy, v_ids, v_vecs;
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], ARRAY[v_messages]);
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.recall(text, bigint, bigint, jsonb, text, bigint, bigint) IS
$doc$Measure the recall and speed of searches by the index, on a sample of the collection's own vectors.

Returns one row: recall (the share of the exact search's rows that the index found, from 0 to 1; NULL if there are none), p50_ms and exact_p50_ms (the median times of both searches in milliseconds), and sampled (the number of rows searched with).

Each sampled row searches for its neighbours, without itself. The index finds those of its own rows more easily than those of a new vector, so the recall of other searches may be slightly lower. An exact search compares all matching rows: on a large collection take a small sample. query() may choose an exact search if there is a filter; recall() always tries the index.

Parameters:
  collection  the collection
  sample      the number of rows to search with
  top_k       the number of neighbours of each
  filters     a metadata filter for the neighbours, see filter_sql()
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance
  ef_search   hnsw: the size of the candidate list, from 1 to 1000; NULL: as query() chooses
  probes      ivfflat: the number of lists to search; NULL: as query() chooses

Errors: VS001 invalid_argument; VS002 collection_not_found; VS005 invalid_filter. The notice VSW01 if no index covers the measure.$doc$;

GRANT EXECUTE ON FUNCTION vecs.recall(text, bigint, bigint, jsonb, text, bigint, bigint) TO PUBLIC;
