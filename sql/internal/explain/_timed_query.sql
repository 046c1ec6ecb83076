-- _timed_query: time a search for a row's neighbours.

CREATE OR REPLACE FUNCTION vecs._timed_query(
    collection text,
    row_id text,
    query_vec vector,
    top_k bigint,
    filters jsonb,
    measure text,
    ef_search bigint,
    probes bigint,
    strategy text,
    OUT distances double precision[],
    OUT milliseconds double precision
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_start timestamptz := clock_timestamp();
BEGIN
    distances := ARRAY(
        SELECT q.distance
        FROM vecs.query(
            collection, query_vec, top_k + 1, filters, measure, false, false,
            NULL::double precision, ef_search, probes, strategy, 0::bigint
        ) AS q
        WHERE q.id <> row_id
        LIMIT top_k
    );
    milliseconds := 1000 * extract(epoch FROM clock_timestamp() - v_start);
END
$fn$;

COMMENT ON FUNCTION vecs._timed_query(text, text, vector, bigint, jsonb, text, bigint, bigint, text) IS
$doc$Return the distances of a row's nearest neighbours, without the row itself, and how long the search took.$doc$;

GRANT EXECUTE ON FUNCTION vecs._timed_query(text, text, vector, bigint, jsonb, text, bigint, bigint, text) TO PUBLIC;
