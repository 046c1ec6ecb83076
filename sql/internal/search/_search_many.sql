-- _search_many: search with many vectors by one statement.
-- Planning once makes it a tenth faster than a loop. A distributed table would need the loop, which
-- query_many() has for searches that come back short.
-- Arguments: $1 the statement, in which q.vec is the vector; $2 the vectors; $3 top_k; $4
-- max_distance; $5 whether fewer rows are an error. They have no names: see _search_by_index().

CREATE OR REPLACE FUNCTION vecs._search_many(
    text,
    vector[],
    bigint,
    double precision,
    boolean
)
RETURNS TABLE (
    query_no integer,
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
    query_vecs ALIAS FOR $2;
    top_k ALIAS FOR $3;
    max_distance ALIAS FOR $4;
    complete ALIAS FOR $5;
    v_found bigint;
BEGIN
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT q.position::integer, s.*
        FROM unnest($1) WITH ORDINALITY AS q (vec, position)
        CROSS JOIN LATERAL (%s) AS s
        $sql$,
        statement
    ) USING query_vecs, top_k, max_distance;
    GET DIAGNOSTICS v_found = ROW_COUNT;

    IF complete AND v_found < cardinality(query_vecs) * top_k THEN
        RAISE EXCEPTION USING ERRCODE = 'VS000', MESSAGE = v_found::text;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._search_many(text, vector[], bigint, double precision, boolean) IS
$doc$Return the rows that a statement, with q.vec for the vector, finds for each of many vectors, numbered from 1 and unordered.

If $5 is true, raises VS000, which no caller sees, if a search finds fewer than top_k rows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_many(text, vector[], bigint, double precision, boolean) TO PUBLIC;
