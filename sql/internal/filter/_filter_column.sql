-- _filter_column: find what a filter's key means in an adopted table, and compile what its columns
-- decide.
-- A key is a field or, if it is none, one of the metadata column's. A field that is jsonb has keys
-- of its own. A type that the compiler does not know is compared as the JSON that PostgreSQL makes
-- of it.

CREATE OR REPLACE FUNCTION vecs._filter_column(
    operator text,
    operand jsonb,
    keys text[],
    location text,
    fields jsonb,
    OUT predicate text,
    OUT root text,
    OUT rest text[],
    OUT fault text[]
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_field jsonb := fields -> 'fields' -> keys[1];
    v_kind text := v_field ->> 'kind';
    v_names text;
BEGIN
    rest := keys[2:];
    IF v_field IS NULL AND (fields -> 'has_metadata')::boolean THEN
        root := '_metadata';
        rest := keys;
        RETURN;
    ELSIF v_field IS NULL THEN
        SELECT string_agg(f.name, ', ' ORDER BY f.name) INTO v_names
        FROM jsonb_array_elements_text(fields -> 'names') AS f (name);
        fault := ARRAY[
            format('unknown field "%s" at "%s"', left(keys[1], 100), location),
            CASE
                WHEN v_names IS NULL THEN 'The collection has no fields and no metadata column.'
                ELSE concat(
                    'Did you mean "' || vecs._closest_match(
                        keys[1], ARRAY(SELECT jsonb_array_elements_text(fields -> 'names'))
                    ) || '"? ',
                    format('The fields are %s.', left(v_names, 1000))
                )
            END
        ];
        RETURN;
    ELSIF v_kind = 'jsonb' THEN
        root := v_field ->> 'column';
        RETURN;
    ELSIF cardinality(keys) > 1 AND v_kind <> 'other' THEN
        fault := ARRAY[
            format(
                'field "%s" is a column of type %s and has no keys, at "%s"',
                left(keys[1], 100), v_field ->> 'type', location
            ),
            'Compare the field itself.'
        ];
        RETURN;
    END IF;

    -- To compare the JSON of what the compiler does not know would be an order of its own.
    IF v_kind = 'other' AND cardinality(keys) = 1
        AND operator IN ('$between', '{{ comparisons | join("', '") }}')
    THEN
        fault := ARRAY[
            format(
                'operator "%s" does not apply to a column of type %s, at "%s"',
                operator, v_field ->> 'type', location
            ),
            'Compare it with $eq or $in.'
        ];
        RETURN;
    -- A time is compared with the instant that the text is read as.
    ELSIF v_kind = 'string' AND operand::text LIKE '%"$time"%' AND jsonb_typeof(operand) <> 'string'
    THEN
        NULL;
    ELSIF v_kind = 'array' THEN
        SELECT a.predicate, a.fault INTO predicate, fault
        FROM vecs._filter_field_array(operator, operand, v_field, location) AS a;
    ELSIF v_kind <> 'other' THEN
        SELECT f.predicate, f.fault INTO predicate, fault
        FROM vecs._filter_field(operator, operand, v_field, location) AS f;
    END IF;
    root := format('to_jsonb(%s)', v_field ->> 'column');
END
$fn$;

COMMENT ON FUNCTION vecs._filter_column(text, jsonb, text[], text, jsonb) IS
$doc$Compile an operator with its operand, under a path of keys, to a predicate over the columns of an adopted table, which fields describes as _fields() does. Where the predicate is NULL, root is the document, as SQL text, in which the rest of the keys are. In place of either, fault has the message and the hint of what is wrong.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_column(text, jsonb, text[], text, jsonb) TO PUBLIC;
