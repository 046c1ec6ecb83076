-- recall: how much of what an exact search finds the index finds, and how fast.
--% from 'macros/errors.sql' import raise_again

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
            HINT = 'A sample of 100 rows is a good beginning.';
    END IF;
    PERFORM vecs._check_search(
        false, v_top_k, v_measure, NULL::double precision, ef_search, probes, 'index'
    );
    PERFORM vecs._filter_sql(filters, v_collection.table_id);
    PERFORM vecs._lock(collection, 'read');

    -- The notice once, not with each search.
    IF NOT vecs.has_index(collection, v_measure) THEN
        PERFORM vecs._notice_no_index(collection, v_measure);
        v_strategy := 'exact';
    END IF;

    -- What each search would say has been said.
    PERFORM set_config('client_min_messages', 'warning', true);
    -- A row is missed where the index found one that is farther than all of the exact ones.
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
            SELECT t.id::text AS id, t.vec::%2$svector AS vec
            FROM %1$s AS t
            ORDER BY random()
            LIMIT $1
        ) AS s
        CROSS JOIN LATERAL vecs._timed_query($2, s.id, s.vec, $3, $4, $5, $6, $7, $8) AS i
        CROSS JOIN LATERAL vecs._timed_query(
            $2, s.id, s.vec, $3, $4, $5, NULL::bigint, NULL::bigint, 'exact'
        ) AS e
        $sql$,
        v_collection.relation, v_collection.pgvector
    ) USING
        v_sample, collection, v_top_k, filters, v_measure, ef_search, probes,
        v_strategy;
    PERFORM set_config('client_min_messages', v_messages, true);
EXCEPTION
    {{ raise_again() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.recall(text, bigint, bigint, jsonb, text, bigint, bigint) IS
$doc$How much of what an exact search finds a search by the index finds, and how fast both are, on a sample of the collection's own vectors.

One row: recall (from 0 to 1, the share of the exact search's rows that the index found; NULL where there are none), p50_ms and exact_p50_ms (the median times of both, in milliseconds), sampled (how many rows were searched with). Each sampled row searches for its own neighbours, itself left out: the index finds those of its own rows more easily than those of a vector that it has never seen, so that searches with new vectors may find some less. An exact search compares all rows that match: on a large collection take a small sample. query() may choose an exact search by itself where there is a filter; here the index is always tried.

Parameters:
  collection  the collection
  sample      how many rows to search with
  top_k       how many neighbours of each
  filters     a metadata filter for the neighbours, see filter_sql()
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance
  ef_search   hnsw: size of the candidate list, 1 to 1000; NULL: as query() chooses
  probes      ivfflat: number of lists to look into; NULL: as query() chooses

Errors: VS001 invalid_argument; VS002 collection_not_found; VS005 invalid_filter. The notice VSW01 where no index covers the measure.$doc$;

GRANT EXECUTE ON FUNCTION vecs.recall(text, bigint, bigint, jsonb, text, bigint, bigint) TO PUBLIC;
