-- _filter_sql: compile a metadata filter, for a collection or for any.
-- The commonest filters only ask whether keys have scalar values. They are one containment, found
-- here at a tenth of the cost of the compiler: on the path of every search with a filter.

CREATE OR REPLACE FUNCTION vecs._filter_sql(
    filters jsonb,
    table_id regclass
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_text text;
    v_compiled record;
BEGIN
    IF filters IS NULL OR filters = '{}' THEN
        RETURN 'true';
    END IF;

    -- {"k": {"$eq": 1}} is {"k": 1}; inside of a string the text of a jsonb has no unescaped quote.
    v_text := filters::text;
    IF length(v_text) <= 1000 THEN
        IF position('{"$eq":' IN v_text) > 0 THEN
            v_text := regexp_replace(
                v_text, E'[{]"[$]eq": ("[^"\\\\{}$[]*"|[-0-9.]+|true|false|null)[}]', E'\\1', 'g'
            );
        END IF;
        -- Nothing of these but the braces around all.
        IF starts_with(v_text, '{')
            AND length(translate(v_text, '[]{}$', '')) = length(v_text) - 2
        THEN
            RETURN format('metadata @> %L', v_text);
        END IF;
    END IF;

    v_compiled := vecs._filter_node(
        filters, '{}'::text[], NULL::text, 0, 1, vecs._indexed_paths(table_id)
    );
    IF v_compiled.fault IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_filter.sqlstate }}',
            MESSAGE = v_compiled.fault[1],
            HINT = v_compiled.fault[2];
    END IF;
    -- filter_sql() tells by itself; matches() asks for each row.
    IF table_id IS NOT NULL THEN
        PERFORM vecs._notice_bare_operator(filters, v_text);
    END IF;

    RETURN v_compiled.predicate;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_sql(jsonb, regclass) IS
$doc$Compile a metadata filter to a SQL predicate over a column metadata: one that the metadata indexes of a table serve, or for any table where table_id is NULL.

Raises VS005 invalid_filter. For a table, asks by a notice about keys that look like operators.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_sql(jsonb, regclass) TO PUBLIC;
