-- _search_retry: decide with how many candidates to repeat a search by the index that came back
-- short.
-- A filter that matches few of the nearest rows most often matches rows elsewhere, and then an
-- exact search is better.

CREATE OR REPLACE FUNCTION vecs._search_retry(
    method text,
    candidates double precision,
    rows_found bigint,
    rows_required bigint,
    selectivity double precision,
    exact_cost double precision
)
RETURNS double precision
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_candidates double precision;
BEGIN
    -- The selectivity as found and as estimated, combined.
    v_candidates := (rows_required + 1.5 * sqrt(rows_required) + 1)
        * (candidates + 1 / selectivity) / (rows_found + 1);
    -- Only at half the cost of an exact search, since it may come back short again.
    IF method = 'hnsw' AND 2 * {{ costs.candidate }} * v_candidates <= exact_cost THEN
        RETURN greatest(v_candidates, 1.5 * candidates);
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._search_retry(text, double precision, bigint, bigint, double precision, double precision) IS
$doc$Return the number of candidates with which to repeat a search by the index that found fewer rows than it must. NULL where an exact search is cheaper, or without a filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_retry(text, double precision, bigint, bigint, double precision, double precision) TO PUBLIC;
