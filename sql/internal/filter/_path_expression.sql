-- _path_expression: build the SQL expression of the value under a path of keys.

CREATE OR REPLACE FUNCTION vecs._path_expression(
    root text,
    keys text[]
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_value text := root;
    v_key text;
BEGIN
    FOREACH v_key IN ARRAY keys LOOP
        v_value := format('%s -> %L', v_value, v_key);
    END LOOP;

    RETURN format('(%s)', v_value);
END
$fn$;

COMMENT ON FUNCTION vecs._path_expression(text, text[]) IS
$doc$Return the SQL expression of the value under a path of keys in a document, given as SQL text. The path never enters an array.$doc$;

GRANT EXECUTE ON FUNCTION vecs._path_expression(text, text[]) TO PUBLIC;
