-- _check_columns: refuse names that are no columns of a table.

CREATE OR REPLACE FUNCTION vecs._check_columns(
    source regclass,
    types jsonb,
    names text[]
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_name text;
BEGIN
    FOREACH v_name IN ARRAY coalesce(names, '{}') LOOP
        IF (types ? v_name) IS NOT TRUE THEN
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
                MESSAGE = format(
                    'table "%s" has no column "%s"', source, coalesce(left(v_name, 100), 'null')
                ),
                HINT = concat(
                    'Did you mean "' || vecs._closest_match(
                        v_name, ARRAY(SELECT jsonb_object_keys(types))
                    ) || '"? ',
                    format(
                        'Its columns are %s.',
                        left(array_to_string(ARRAY(SELECT jsonb_object_keys(types)), ', '), 1000)
                    )
                );
        END IF;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._check_columns(regclass, jsonb, text[]) IS
$doc$Refuse names of columns that a table does not have. types has the type of each column.

Raises VS001 invalid_argument.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_columns(regclass, jsonb, text[]) TO PUBLIC;
