-- query_by_id: the nearest rows to a row of the collection.
--% from 'macros/errors.sql' import raise_again

CREATE OR REPLACE FUNCTION vecs.query_by_id(
    collection text,
    row_id text,
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
DECLARE
    v_vec vec%TYPE;
    v_top_k bigint := least(coalesce(top_k, 10), 4000000000000000000);
    v_detail text;
    v_hint text;
BEGIN
    v_vec := (SELECT f.vec FROM vecs.fetch(collection, ARRAY[row_id]) AS f);
    IF v_vec IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = CASE
                WHEN row_id IS NULL THEN 'row_id must not be null'
                ELSE format('collection "%s" has no row "%s"', collection, left(row_id, 100))
            END,
            HINT = 'Name a row of the collection; vecs.scan() shows those there are.';
    END IF;

    -- One more than asked for, since the row itself is most often among the nearest.
    RETURN QUERY
    SELECT q.id, q.distance, q.vec, q.metadata
    FROM vecs.query(
        collection, v_vec,
        CASE WHEN v_top_k > 0 THEN v_top_k + 1 ELSE v_top_k END,
        filters, measure, include_metadata, include_vec, max_distance, ef_search, probes, strategy
    ) AS q
    WHERE q.id <> row_id
    ORDER BY q.distance, q.id
    -- With LIMIT 0 nothing would be called, nor complained about.
    LIMIT nullif(greatest(v_top_k, 0), 0);
EXCEPTION
    {{ raise_again() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_by_id(text, text, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$The nearest rows to a row of the collection, which is itself left out.

As query() with the row's vector; the row need not match the filter.

Parameters:
  collection        the collection
  row_id            the id of the row to search with
  top_k             how many rows; 0 gives none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product) or l1_distance
  include_metadata  return the metadata, else NULL
  include_vec       return the vector, else NULL
  max_distance      keep only rows at this distance or nearer
  ef_search         hnsw: size of the candidate list, 1 to 1000; NULL: chosen
  probes            ivfflat: number of lists to look into; NULL: chosen
  strategy          auto, exact or index, see query()

Errors: VS001 invalid_argument where the row does not exist, and as query(); VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_by_id(text, text, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;
