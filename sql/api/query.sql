-- query: the nearest rows to a vector, with a metadata filter.
--
-- On the path of every search, and so written for speed: in each transaction an expression of
-- PL/pgSQL is set up anew and costs a microsecond or more, a question to the catalog ten times
-- that. So the commonest search, without a filter and by an index that create_index() made with its
-- defaults, is known by the name of that index (_index_name), and asks nothing else. All others are
-- done with care.

CREATE OR REPLACE FUNCTION vecs.query(
    collection text,
    query_vec vector,
    top_k integer DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search integer DEFAULT NULL,
    probes integer DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
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
BEGIN
    IF (filters IS NULL OR filters = '{}')
        AND query_vec IS NOT NULL
        AND strategy = 'auto'
        AND max_distance IS NULL
        AND ef_search IS NULL
        AND probes IS NULL
        -- 40 is what hnsw.ef_search is by default; where it is less, the search comes back short.
        AND top_k BETWEEN 1 AND 40
        AND to_regclass(
            CASE measure
            --% for name, measure in measures.items()
                WHEN '{{ name }}' THEN 'vecs.ix_vector_{{ measure.ops }}_ops_hnsw_m16_efc64_'
            --% endfor
            END || left(md5(collection), 7)
        ) IS NOT NULL
    THEN
        BEGIN
            RETURN QUERY
            SELECT s.id, s.distance, s.vec, s.metadata
            FROM vecs._query_index(
                collection, query_vec, top_k, measure, include_metadata, include_vec
            ) AS s
            ORDER BY s.distance, s.id;
            RETURN;
        EXCEPTION
            -- It came back short, or the vector has another dimension; or the index is that of a
            -- collection that was renamed since. What was found is discarded.
            WHEN SQLSTATE 'VS000' OR data_exception OR undefined_table OR undefined_function THEN
                NULL;
        END;
    END IF;

    RETURN QUERY
    SELECT s.id, s.distance, s.vec, s.metadata
    FROM vecs._query_carefully(
        collection, query_vec, top_k, filters, measure, include_metadata, include_vec,
        max_distance, ef_search, probes, strategy
    ) AS s;
END
$fn$;

COMMENT ON FUNCTION vecs.query(text, vector, integer, jsonb, text, boolean, boolean, double precision, integer, integer, text) IS
$doc$The nearest rows to a vector among those that match a metadata filter, ordered by distance, then id.

Gives min(top_k, matching rows) rows, whatever the filter and the index; with max_distance, of the rows within it. Rows whose distance is NaN (a zero vector under cosine_distance) come last. Among rows that tie at the last place, any may be kept where an index serves the search. Where no index covers the measure the answer is the same, found by comparing every row, and a notice of SQLSTATE VSW01 says so. Settings of the session are as before afterwards.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             how many rows; 0 gives none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  return the metadata, else NULL
  include_vec       return the vector, else NULL
  max_distance      keep only rows at this distance or nearer
  ef_search         hnsw: size of the candidate list, 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: number of lists to look into; NULL: 10, or the session's ivfflat.probes where that is more
  strategy          auto, exact (compare every row that matches) or index (begin with the index)

Errors: VS001 invalid_argument for a NULL collection or vector, a negative top_k, an unknown measure or strategy, a max_distance that is NaN; VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query(text, vector, integer, jsonb, text, boolean, boolean, double precision, integer, integer, text) TO PUBLIC;
