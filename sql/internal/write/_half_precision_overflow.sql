-- _half_precision_overflow: find the first vector that half precision cannot hold.

CREATE OR REPLACE FUNCTION vecs._half_precision_overflow(
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
        '::%shalfvec', rtrim(pg_typeof(_half_precision_overflow.vecs)::text, '"vector[]')
    );
BEGIN
    BEGIN
        EXECUTE format('SELECT count(u.vec%s) FROM unnest($1) AS u (vec)', v_cast)
        USING _half_precision_overflow.vecs;
        RETURN;
    EXCEPTION
        WHEN data_exception THEN
            NULL;
    END;

    -- One by one, only now that there is one.
    FOR v_number IN 1..cardinality(_half_precision_overflow.vecs) LOOP
        BEGIN
            EXECUTE format('SELECT $1%s', v_cast)
            USING _half_precision_overflow.vecs[v_number];
        EXCEPTION
            WHEN data_exception THEN
                row_no := v_number;
                why := SQLERRM;
                RETURN;
        END;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._half_precision_overflow(vector[]) IS
$doc$The position of the first vector that half precision cannot hold, and PostgreSQL's word for it; NULL where all fit.$doc$;

GRANT EXECUTE ON FUNCTION vecs._half_precision_overflow(vector[]) TO PUBLIC;
