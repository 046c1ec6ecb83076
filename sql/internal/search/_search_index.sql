-- _search_index: search by an index: all top_k rows or an error; with max_distance, those of them
-- that are within it, if there are so few that the index cannot have missed one.
-- ($1: the statement, with $1 the vector, $2 how many; $2: the vector; $3: top_k; $4: max_distance;
-- $5: certain.) What runs a statement that it is given has parameters without names, so that no
-- gateway that calls functions by the names of their parameters, as PostgREST does, can call it.

CREATE OR REPLACE FUNCTION vecs._search_index(
    text,
    vector,
    bigint,
    double precision,
    double precision
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
    statement ALIAS FOR $1;
    query_vec ALIAS FOR $2;
    top_k ALIAS FOR $3;
    max_distance ALIAS FOR $4;
    certain ALIAS FOR $5;
    v_found bigint;
BEGIN
    IF max_distance IS NULL THEN
        RETURN QUERY EXECUTE statement USING query_vec, top_k;
    ELSE
        RETURN QUERY
        SELECT s.id, s.distance, s.vec, s.metadata
        FROM vecs._search_index(
            statement, query_vec, top_k, NULL::double precision, NULL::double precision
        ) AS s
        WHERE s.distance <= max_distance;
    END IF;
    GET DIAGNOSTICS v_found = ROW_COUNT;

    IF v_found < top_k AND v_found > coalesce(certain, -1) THEN
        RAISE EXCEPTION USING ERRCODE = 'VS000', MESSAGE = v_found::text;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._search_index(text, vector, bigint, double precision, double precision) IS
$doc$The rows that a statement finds by an index, not yet ordered where distances tie.

Raises VS000, which no caller sees, with the number of rows as its message, where that is less than top_k, and with max_distance more than certain.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_index(text, vector, bigint, double precision, double precision) TO PUBLIC;
