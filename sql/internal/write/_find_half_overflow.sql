-- _find_half_overflow: find the first vector that does not fit into half precision.

CREATE OR REPLACE FUNCTION vecs._find_half_overflow(
    vecs vector[],
    OUT row_no integer,
    OUT why text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_cast text := format(
        '::%shalfvec', rtrim(pg_typeof(_find_half_overflow.vecs)::text, '"vector[]')
    );
BEGIN
    BEGIN
        EXECUTE format('SELECT count(u.vec%s) FROM unnest($1) AS u (vec)', v_cast)
        USING _find_half_overflow.vecs;
        RETURN;
    EXCEPTION
        WHEN data_exception THEN
            NULL;
    END;

    -- There is one: try them one by one.
    FOR v_number IN 1..cardinality(_find_half_overflow.vecs) LOOP
        BEGIN
            EXECUTE format('SELECT $1%s', v_cast)
            USING _find_half_overflow.vecs[v_number];
        EXCEPTION
            WHEN data_exception THEN
                row_no := v_number;
                why := SQLERRM;
                RETURN;
        END;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._find_half_overflow(vector[]) IS
$doc$Return the position of the first vector that half precision cannot hold, and pgvector's message for it; NULL if all fit.$doc$;

GRANT EXECUTE ON FUNCTION vecs._find_half_overflow(vector[]) TO PUBLIC;
