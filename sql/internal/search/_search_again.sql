-- _search_again: how many candidates a search by the index needs that came back short.
-- A filter that matches few of the nearest rows most often matches rows that lie elsewhere: then an
-- exact search is what is left.

CREATE OR REPLACE FUNCTION vecs._search_again(
    method text,
    candidates double precision,
    rows_found bigint,
    enough bigint,
    share double precision,
    work double precision
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
    -- The share of matches, from what was found and what was expected.
    v_candidates := (enough + 1.5 * sqrt(enough) + 1)
        * (candidates + 1 / share) / (rows_found + 1);
    -- Half the work: it may be in vain again.
    IF method = 'hnsw' AND 2 * {{ costs.candidate }} * v_candidates <= work THEN
        RETURN greatest(v_candidates, 1.5 * candidates);
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._search_again(text, double precision, bigint, bigint, double precision, double precision) IS
$doc$How many candidates a search by the index needs that found less than enough rows among so many; NULL where an exact search takes less time, or there is no filter to blame.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_again(text, double precision, bigint, bigint, double precision, double precision) TO PUBLIC;
