-- _raise_bad_vector: name the record whose vector pgvector can not read or store.
-- Called only after such an error: it tries the records one by one.

CREATE OR REPLACE FUNCTION vecs._raise_bad_vector(
    records jsonb,
    element_type regtype
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_record jsonb;
    -- The schema is the same; both names are shown qualified.
    v_vector text := regexp_replace(element_type::text, '(halfvec|vector)$', 'vector');
BEGIN
    FOR v_record IN SELECT r.record FROM jsonb_array_elements(records) AS r (record) LOOP
        BEGIN
            EXECUTE format('SELECT $1::%s::%s', v_vector, element_type) USING v_record ->> 'vec';
        EXCEPTION
            WHEN data_exception OR program_limit_exceeded THEN
                PERFORM vecs._raise(
                    'invalid_argument',
                    format('the vector of id "%s" can not be read', v_record ->> 'id'),
                    'A vector is an array of finite numbers, such as [0.1, 0.2].',
                    SQLERRM
                );
        END;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._raise_bad_vector(jsonb, regtype) IS
$doc$Raise VS001 invalid_argument for the first of the records whose vector pgvector can not read, or not as the collection's element type; return where all can be read.$doc$;

GRANT EXECUTE ON FUNCTION vecs._raise_bad_vector(jsonb, regtype) TO PUBLIC;
