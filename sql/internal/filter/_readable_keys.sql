-- _readable_keys: leave out the ids that the type of an adopted table's key cannot read.
-- They are the ids of no row.

CREATE OR REPLACE FUNCTION vecs._readable_keys(
    ids text[],
    key jsonb
)
RETURNS text[]
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_statement text := format('SELECT count(*) FROM unnest($1::%s[])', key ->> 'type');
    v_id text;
    v_readable text[] := '{}';
BEGIN
    IF key ->> 'kind' IN ('string', 'citext') THEN
        RETURN ids;
    END IF;
    BEGIN
        EXECUTE v_statement USING ids;
        RETURN ids;
    EXCEPTION
        WHEN data_exception OR program_limit_exceeded OR check_violation THEN
            NULL;
    END;

    -- There is one: try them one by one.
    FOREACH v_id IN ARRAY ids LOOP
        BEGIN
            EXECUTE v_statement USING ARRAY[v_id];
            v_readable := v_readable || v_id;
        EXCEPTION
            WHEN data_exception OR program_limit_exceeded OR check_violation THEN
                NULL;
        END;
    END LOOP;
    RETURN v_readable;
END
$fn$;

COMMENT ON FUNCTION vecs._readable_keys(text[], jsonb) IS
$doc$Return those of the ids that the key of an adopted table can have, whose type is described as by _fields().$doc$;

GRANT EXECUTE ON FUNCTION vecs._readable_keys(text[], jsonb) TO PUBLIC;
