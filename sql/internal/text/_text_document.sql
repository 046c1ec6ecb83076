-- _text_document: find out where the text under a key lies.
-- A key of an adopted table is a field, or a column of type tsvector, which is no field, or a key
-- of the metadata column.

CREATE OR REPLACE FUNCTION vecs._text_document(
    collection text,
    key text,
    OUT column_name text,
    OUT words_of text,
    OUT content text,
    OUT number smallint,
    OUT is_list boolean,
    OUT fault text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_fields jsonb := vecs._fields(v_collection.view_id, NULL::jsonb);
    v_is_field boolean := coalesce(v_fields -> 'fields' ? key, false);
    v_column text;
    v_type oid;
    v_texts text[];
BEGIN
    IF v_is_field THEN
        SELECT a.attname, vecs._base_type(a.atttypid), a.attnum INTO v_column, v_type, number
        FROM vecs._view_origin(v_collection.view_id::oid, key) AS o (origin)
        JOIN pg_attribute AS a ON a.attrelid = o.origin[1] AND a.attnum = o.origin[2]::integer;
    ELSE
        SELECT a.attname, a.atttypid, a.attnum INTO v_column, v_type, number
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id
            AND a.attname = key COLLATE "C"
            AND a.attnum > 0
            AND a.atttypid = 'tsvector'::regtype
            AND v_fields IS NOT NULL;
    END IF;
    IF v_type = 'tsvector'::regtype THEN
        column_name := v_column;
        RETURN;
    ELSIF NOT v_is_field AND v_collection.metadata_column IS NULL THEN
        v_texts := vecs._text_keys(collection);
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('the table has no field "%s", and no metadata column', key),
            HINT = concat(
                'Did you mean "' || vecs._closest_match(key, v_texts) || '"? ',
                'Its columns with text are ' || array_to_string(v_texts, ', ') || '.',
                CASE v_texts WHEN '{}' THEN 'It has no column with text.' END
            );
    ELSIF NOT v_is_field THEN
        v_column := v_collection.metadata_column;
        number := (
            SELECT a.attnum
            FROM pg_attribute AS a
            WHERE a.attrelid = v_collection.table_id AND a.attname = v_column COLLATE "C"
        );
        words_of := format('%I -> %L', v_column, key);
        content := vecs._path_expression(
            CASE WHEN v_fields IS NULL THEN 't.metadata' ELSE 't._metadata' END, ARRAY[key]
        ) || ' #>> ''{}''';
    ELSE
        SELECT
            y.typcategory = 'A',
            format(k.words_of, v_column),
            CASE
                WHEN y.typcategory = 'A' THEN format('array_to_string(t.%I, chr(10))', key)
                WHEN k.words_of LIKE '%jsonb' THEN format('t.%I::jsonb #>> ''{}''', key)
                ELSE format('t.%I::text', key)
            END
        INTO is_list, words_of, content
        FROM pg_type AS y
        LEFT JOIN pg_type AS e ON e.oid = y.typelem AND y.typcategory = 'A'
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN y.typname IN ('json', 'jsonb') THEN '%I::jsonb'
                WHEN e.typcategory = 'S' THEN '%I::text[]'
                WHEN y.typcategory = 'S'
                    OR y.oid IN (
                        'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype,
                        'numeric'::regtype, 'uuid'::regtype
                    )
                    THEN '%I::text'
            END
        ) AS k (words_of)
        WHERE y.oid = v_type;
    END IF;

    SELECT CASE
        WHEN c.relkind = 'm' THEN format('"%s" is a materialized view', c.relname)
        WHEN a.attgenerated <> '' THEN format('column "%s" is a generated one', a.attname)
        WHEN words_of IS NULL
            THEN format('column "%s" is of type %s, not text', a.attname, v_type::regtype)
    END
    INTO fault
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = number
    WHERE c.oid = v_collection.table_id;
END
$fn$;

COMMENT ON FUNCTION vecs._text_document(text, text) IS
$doc$Return where the text under a key of a collection lies: the column of type tsvector that has the words already, or NULL; otherwise as SQL what _text_vector() makes words of, over the columns of the table, and the text itself, over t, the relation that the collection is read from; the number of the table's column; whether that is an array; and why words cannot be generated of it, or NULL.

Raises VS001 invalid_argument for a key that an adopted table does not have.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_document(text, text) TO PUBLIC;
