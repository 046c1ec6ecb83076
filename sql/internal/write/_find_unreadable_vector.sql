-- _find_unreadable_vector: find the first record whose vector pgvector cannot read.
-- Called only after such an error: it tries the records one by one.

CREATE OR REPLACE FUNCTION vecs._find_unreadable_vector(
    records jsonb,
    vector_type regtype,
    OUT row_no integer,
    OUT id text,
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
    v_record jsonb;
BEGIN
    row_no := 0;
    FOR v_record IN SELECT r.record FROM jsonb_array_elements(records) AS r (record) LOOP
        row_no := row_no + 1;
        BEGIN
            EXECUTE format('SELECT $1::%s', vector_type) USING v_record ->> 'vec';
        EXCEPTION
            WHEN data_exception OR program_limit_exceeded THEN
                id := v_record ->> 'id';
                why := SQLERRM;
                RETURN;
        END;
    END LOOP;
    row_no := NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._find_unreadable_vector(jsonb, regtype) IS
$doc$Return the first record whose vector pgvector cannot read: its position from 1, its id, and pgvector's message. NULL if all can be read.$doc$;

GRANT EXECUTE ON FUNCTION vecs._find_unreadable_vector(jsonb, regtype) TO PUBLIC;
