-- _search_many: search by an index with one vector after the other, by the same statement.
-- A loop, not one statement for all: so a collection may be a distributed table one day.

CREATE OR REPLACE FUNCTION vecs._search_many(
    statement text,
    query_vecs vector[],
    top_k integer,
    max_distance double precision,
    complete boolean
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
    v_statement text := format('SELECT $4, s.* FROM (%s) AS s', statement);
    v_found integer;
BEGIN
    query_no := 0;
    FOREACH vec IN ARRAY query_vecs LOOP
        query_no := query_no + 1;
        RETURN QUERY EXECUTE v_statement USING vec, top_k, max_distance, query_no;

        IF complete THEN
            GET DIAGNOSTICS v_found = ROW_COUNT;
            IF v_found < top_k THEN
                RAISE EXCEPTION USING ERRCODE = 'VS000', MESSAGE = v_found::text;
            END IF;
        END IF;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._search_many(text, vector[], integer, double precision, boolean) IS
$doc$The rows that a statement finds for each of many vectors, numbered from 1.

With complete, raises VS000, which no caller sees, where one search finds less than top_k rows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_many(text, vector[], integer, double precision, boolean) TO PUBLIC;
