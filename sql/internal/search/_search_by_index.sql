-- _search_by_index: search by an index, and raise an error if it comes back short.
-- With max_distance the rows within it suffice, if they are so few that the index has not missed
-- one.
-- Arguments: $1 the statement, in which $1 is the vector and $2 the number of rows; $2 the vector;
-- $3 top_k; $4 max_distance; $5 rows_trusted. A function that runs a statement it is given has
-- parameters without names: a gateway such as PostgREST, which calls functions by the names of
-- their parameters, cannot call it.

CREATE OR REPLACE FUNCTION vecs._search_by_index(
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
    rows_trusted ALIAS FOR $5;
    v_found bigint;
BEGIN
    IF max_distance IS NULL THEN
        RETURN QUERY EXECUTE statement USING query_vec, top_k;
    ELSE
        RETURN QUERY
        SELECT s.id, s.distance, s.vec, s.metadata
        FROM vecs._search_by_index(
            statement, query_vec, top_k, NULL::double precision, NULL::double precision
        ) AS s
        WHERE s.distance <= max_distance;
    END IF;
    GET DIAGNOSTICS v_found = ROW_COUNT;

    IF v_found < top_k AND v_found > coalesce(rows_trusted, -1) THEN
        RAISE EXCEPTION USING ERRCODE = 'VS000', MESSAGE = v_found::text;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._search_by_index(text, vector, bigint, double precision, double precision) IS
$doc$Return the rows that a statement finds by an index, unordered where distances tie.

Raises VS000, which no caller sees, with the number of rows as its message, if there are fewer than top_k; with max_distance only if there are also more than rows_trusted.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_by_index(text, vector, bigint, double precision, double precision) TO PUBLIC;
