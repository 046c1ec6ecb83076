-- _filter_id: compile an operator on the row's id.
-- A collection's primary key serves $eq and $in, whatever the length of the list, and $startswith
-- where its collation is C. An id is never NULL, so nothing need be said of NULL.

CREATE OR REPLACE FUNCTION vecs._filter_id(
    operator text,
    operand jsonb,
    id_column text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF jsonb_typeof(operand) = 'string' THEN
        RETURN format(
            CASE operator
                WHEN '$eq' THEN '%s = %L'
                WHEN '$ne' THEN '%s <> %L'
                WHEN '$startswith' THEN 'starts_with(%s, %L)'
            END,
            id_column, operand #>> '{}'
        );
    ELSIF operand = '[]' THEN
        RETURN CASE operator WHEN '$in' THEN 'false' ELSE 'true' END;
    END IF;

    RETURN format(
        CASE operator
            WHEN '$in' THEN '%s = ANY (%L::text[])'
            WHEN '$nin' THEN '%s <> ALL (%L::text[])'
        END,
        id_column, ARRAY(SELECT jsonb_array_elements_text(operand))
    );
END
$fn$;

COMMENT ON FUNCTION vecs._filter_id(text, jsonb, text) IS
$doc$Compile an operator with its operand, a string or a list of strings, to a predicate over the row's id, given as SQL text.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_id(text, jsonb, text) TO PUBLIC;
