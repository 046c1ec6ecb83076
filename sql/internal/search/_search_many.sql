-- _search_many: search with many vectors by one statement, which is planned once: that makes it
-- faster than a loop, by a tenth. (A distributed table would need the loop, as query_many() has it
-- where a search comes back short.)
-- ($1: the statement, with q.vec the vector; $2: the vectors; $3: top_k; $4: max_distance; $5:
-- whether fewer rows are an error. No names: see _search_index.)

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
$doc$The rows that a statement, with q.vec for the vector, finds for each of many vectors, numbered from 1; not yet ordered.

With complete, raises VS000, which no caller sees, where one search finds less than top_k rows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_many(text, vector[], bigint, double precision, boolean) TO PUBLIC;
