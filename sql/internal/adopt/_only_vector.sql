-- _only_vector: find the one column of a table that has vectors.

CREATE OR REPLACE FUNCTION vecs._only_vector(
    source regclass,
    types jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_columns text[] := ARRAY(
        SELECT t.key
        FROM jsonb_each_text(types) AS t
        WHERE t.value IN ('vector', 'halfvec')
        ORDER BY t.key
    );
BEGIN
    IF v_columns = '{}' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format('table "%s" has no column of type vector or halfvec', source),
            HINT = format(
                'ALTER TABLE %s ADD COLUMN embedding vector(384) adds one; 384 stands for the'
                ' dimension of your embedding model.',
                source
            );
    ELSIF cardinality(v_columns) > 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'table "%s" has several columns of vectors: %s',
                source, array_to_string(v_columns, ', ')
            ),
            HINT = format('Name one: vecs.adopt(%L, vec => %L).', source, v_columns[1]);
    END IF;
    RETURN v_columns[1];
END
$fn$;

COMMENT ON FUNCTION vecs._only_vector(regclass, jsonb) IS
$doc$Return the one column of a table that is of type vector or halfvec. types has the type of each column.

Raises VS008 unsupported where there is none, and VS001 invalid_argument where there are several.$doc$;

GRANT EXECUTE ON FUNCTION vecs._only_vector(regclass, jsonb) TO PUBLIC;
