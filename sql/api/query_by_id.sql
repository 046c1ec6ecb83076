-- query_by_id: return the rows nearest to a row of the collection.
--% from 'macros/errors.sql' import reraise with context

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
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
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
    v_detail text;
    v_hint text;
BEGIN
    SELECT f.vec INTO v_vec FROM vecs.fetch(collection, ARRAY[row_id]) AS f;
    IF v_vec IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = CASE
                WHEN row_id IS NULL THEN 'row_id must not be null'
                WHEN FOUND THEN
                    format('row "%s" of collection "%s" has no vector', row_id, collection)
                ELSE format('collection "%s" has no row "%s"', collection, left(row_id, 100))
            END,
            HINT = 'Pass the id of a row; vecs.scan() lists the rows.';
    END IF;

    RETURN QUERY
    SELECT q.id, q.distance, q.vec, q.metadata
    FROM vecs._query_without(
        collection, v_vec, ARRAY[row_id], top_k, filters, measure, include_metadata, include_vec,
        max_distance, ef_search, probes, strategy, skip
    ) AS q;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_by_id(text, text, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Return the rows nearest to a row of the collection, without the row itself.

Searches as query() does with the row's vector. The row need not match the filter.

Parameters:
  collection        the collection
  row_id            the id of the row to search with
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      return only rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)
  skip              as for query()

Errors: VS001 invalid_argument if the row does not exist, and as query(); VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_by_id(text, text, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;
