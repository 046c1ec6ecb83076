-- recall: how much of what an exact search finds the index finds, and how fast.

CREATE OR REPLACE FUNCTION vecs.recall(
    collection text,
    sample integer DEFAULT 100,
    top_k integer DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    ef_search integer DEFAULT NULL,
    probes integer DEFAULT NULL
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
    v_collection record := vecs._collection(collection);
    v_sample integer := coalesce(sample, 100);
    v_top_k integer := coalesce(top_k, 10);
    v_strategy text := 'index';
BEGIN
    IF v_sample < 1 OR v_top_k < 1 THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('sample and top_k must be at least 1, not %s and %s', v_sample, v_top_k),
            'A sample of 100 rows is a good beginning.'
        );
    END IF;

    PERFORM vecs._check_search(
        false, v_top_k, coalesce(measure, 'cosine_distance'), NULL, ef_search, probes, 'index'
    );
    PERFORM vecs._filter_sql(filters, NULL);

    -- The notice once, not with each search.
    IF NOT vecs.has_index(collection, coalesce(measure, 'cosine_distance')) THEN
        PERFORM vecs._notice_no_index(collection, coalesce(measure, 'cosine_distance'));
        v_strategy := 'exact';
    END IF;

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
        CROSS JOIN LATERAL vecs._timed_query($2, s.id, s.vec, $3, $4, $5, NULL, NULL, 'exact') AS e
        $sql$,
        v_collection.table_id, v_collection.pgvector
    ) USING
        v_sample, collection, v_top_k, filters, measure, ef_search, probes,
        v_strategy;
END
$fn$;

COMMENT ON FUNCTION vecs.recall(text, integer, integer, jsonb, text, integer, integer) IS
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

GRANT EXECUTE ON FUNCTION vecs.recall(text, integer, integer, jsonb, text, integer, integer) TO PUBLIC;
