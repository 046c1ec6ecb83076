-- _query_without: return the rows nearest to a vector, without some rows of the collection.
-- Most often these are among the nearest, so as many more are searched for.

CREATE OR REPLACE FUNCTION vecs._query_without(
    collection text,
    query_vec vector,
    left_out text[],
    top_k bigint,
    filters jsonb,
    measure text,
    include_metadata boolean,
    include_vec boolean,
    max_distance double precision,
    ef_search bigint,
    probes bigint,
    strategy text,
    skip bigint
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
    v_top_k bigint := least(coalesce(top_k, 10), 4000000000000000000);
BEGIN
    IF skip > 0 AND v_top_k > 0 THEN
        RETURN QUERY
        SELECT p.id, p.distance, p.vec, p.metadata
        FROM vecs._search_page(
            collection, query_vec, v_top_k, filters, measure, include_metadata, include_vec,
            max_distance, ef_search, probes, strategy, least(skip, 4000000000000000000),
            v_top_k + cardinality(left_out), left_out
        ) AS p;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT q.id, q.distance, q.vec, q.metadata
    FROM vecs.query(
        collection, query_vec,
        CASE WHEN v_top_k > 0 THEN v_top_k + cardinality(left_out) ELSE v_top_k END,
        filters, measure, include_metadata, include_vec, max_distance, ef_search, probes, strategy,
        skip
    ) AS q
    WHERE q.id <> ALL (left_out)
    ORDER BY q.distance, q.id
    -- LIMIT 0 would not call the function, and so not check its arguments.
    LIMIT nullif(greatest(v_top_k, 0), 0);
END
$fn$;

COMMENT ON FUNCTION vecs._query_without(text, vector, text[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Return the rows nearest to a vector, as query() does, without those with the ids that are left out.$doc$;

GRANT EXECUTE ON FUNCTION vecs._query_without(text, vector, text[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;
