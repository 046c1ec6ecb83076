-- _search_nearest: run the statement of a search for the nearest rows.
-- An error takes back what is found if it is too little.
-- Arguments: $1 the statement, in which $1 is the vector and $2 the number of rows; $2 the vector;
-- $3 the number of rows wanted. A function that runs a statement it is given has parameters without
-- names: a gateway such as PostgREST, which calls functions by the names of their parameters, does
-- not call it.

CREATE OR REPLACE FUNCTION vecs._search_nearest(
    text,
    vector,
    bigint
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
    v_found bigint;
BEGIN
    RETURN QUERY EXECUTE $1 USING $2, $3;
    GET DIAGNOSTICS v_found = ROW_COUNT;
    IF v_found < $3 THEN
        RAISE EXCEPTION USING ERRCODE = 'VS000', MESSAGE = v_found::text;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._search_nearest(text, vector, bigint) IS
$doc$Return the rows that a statement finds, unordered where distances tie.

Raises VS000, which no caller sees, with the number of rows as its message, if there are fewer than wanted.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_nearest(text, vector, bigint) TO PUBLIC;
