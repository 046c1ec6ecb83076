-- _text_document: find out where the text under a key lies.
-- A key of an adopted table is a field, or a column of type tsvector, which is no field, or a key
-- of the metadata column.

CREATE OR REPLACE FUNCTION vecs._text_document(
    collection text,
    key text,
    OUT column_name text,
    OUT words_of text,
    OUT content text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
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
    v_is_generated boolean;
    v_is_matview boolean;
BEGIN
    IF v_is_field THEN
        SELECT a.attname, vecs._base_type(a.atttypid), a.attgenerated <> ''
        INTO v_column, v_type, v_is_generated
        FROM vecs._view_origin(v_collection.view_id::oid, key) AS o (origin)
        JOIN pg_attribute AS a ON a.attrelid = o.origin[1] AND a.attnum = o.origin[2]::integer;
    ELSIF v_fields IS NOT NULL THEN
        SELECT a.attname, a.atttypid INTO v_column, v_type
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id
            AND a.attname = key COLLATE "C"
            AND a.attnum > 0
            AND a.atttypid = 'tsvector'::regtype;
    END IF;
    IF v_type = 'tsvector'::regtype THEN
        column_name := v_column;
        RETURN;
    ELSIF NOT v_is_field THEN
        PERFORM vecs._check_field_path(v_fields, ARRAY[key])
        WHERE v_fields IS NOT NULL;
        words_of := format('%I -> %L', v_collection.metadata_column, key);
        content := vecs._path_expression(
            CASE WHEN v_fields IS NULL THEN 't.metadata' ELSE 't._metadata' END, ARRAY[key]
        ) || ' #>> ''{}''';
    ELSE
        SELECT
            CASE
                WHEN y.typname IN ('json', 'jsonb') THEN format('%I::jsonb', v_column)
                WHEN e.typcategory = 'S' THEN format('%I::text[]', v_column)
                WHEN y.typcategory = 'S'
                    OR y.oid IN (
                        'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype,
                        'numeric'::regtype, 'uuid'::regtype
                    )
                    THEN format('%I::text', v_column)
            END,
            format('t.%I::text', key)
        INTO words_of, content
        FROM pg_type AS y
        LEFT JOIN pg_type AS e ON e.oid = y.typelem AND y.typcategory = 'A'
        WHERE y.oid = v_type;
    END IF;

    v_is_matview := EXISTS (
        SELECT FROM pg_class AS c WHERE c.oid = v_collection.table_id AND c.relkind = 'm'
    );
    IF words_of IS NULL OR v_is_generated OR v_is_matview THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = CASE
                WHEN v_is_matview
                    THEN format('"%s" is a materialized view', v_collection.table_id)
                WHEN v_is_generated
                    THEN format('column "%s" is a generated one', v_column)
                ELSE format(
                    'column "%s" is of type %s, not text',
                    v_column, v_type::regtype
                )
            END,
            HINT = 'Add a column of type tsvector with the words, and name that as the key.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._text_document(text, text) IS
$doc$Return where the text under a key of a collection lies: the column of type tsvector that has its words already, or NULL; otherwise as SQL what _text_vector() makes words of, over the columns of the table, and the text itself, over t, the relation that the collection is read from.

Raises VS001 invalid_argument for a key that an adopted table does not have, and VS008 unsupported for a column whose words cannot be generated.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_document(text, text) TO PUBLIC;
