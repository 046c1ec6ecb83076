-- _find_unreadable_record: find the first JSON object that the columns of an adopted table cannot
-- hold.
-- Called only after such an error: it tries the objects one by one.

CREATE OR REPLACE FUNCTION vecs._find_unreadable_record(
    view_id regclass,
    names text[],
    documents jsonb,
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
    v_statement text;
    v_document jsonb;
BEGIN
    SELECT format(
        'SELECT %s FROM jsonb_to_record($1) AS x (%s)',
        string_agg(f.value, ', '), string_agg(f.definition, ', ')
    )
    INTO v_statement
    FROM vecs._written_fields(view_id, names) AS f
    HAVING count(*) > 0;

    IF v_statement IS NULL THEN
        RETURN;
    END IF;

    row_no := 0;
    FOR v_document IN SELECT d.document FROM jsonb_array_elements(documents) AS d (document) LOOP
        row_no := row_no + 1;
        BEGIN
            EXECUTE v_statement USING v_document;
        EXCEPTION
            WHEN data_exception OR syntax_error THEN
                why := SQLERRM;
                RETURN;
        END;
    END LOOP;
    row_no := NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._find_unreadable_record(regclass, text[], jsonb) IS
$doc$Return the position, from 1, of the first of an array of JSON objects whose keys, names, have a value that the fields of an adopted table cannot hold, and PostgreSQL's message. NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._find_unreadable_record(regclass, text[], jsonb) TO PUBLIC;
