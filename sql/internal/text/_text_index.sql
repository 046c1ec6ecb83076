-- _text_index: look up the text index of a collection.
-- The comment of its column "_text" says which key it is of: {"key": "body", "config": "english"}.

CREATE OR REPLACE FUNCTION vecs._text_index(
    collection text,
    OUT key text,
    OUT config jsonb,
    OUT column_name text,
    OUT is_generated boolean,
    OUT name text,
    OUT index_id regclass
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_relation regclass := to_regclass('vecs.' || quote_ident(collection));
    v_comment text;
    v_column oid[];
BEGIN
    SELECT d.description, ARRAY[a.attrelid, a.attnum] INTO v_comment, v_column
    FROM pg_attribute AS a
    JOIN pg_description AS d
        ON d.objoid = a.attrelid
        AND d.classoid = 'pg_class'::regclass
        AND d.objsubid = a.attnum
    WHERE a.attrelid = v_relation AND a.attname = '_text' AND NOT a.attisdropped;
    IF starts_with(v_comment, '{"key": ') IS NOT TRUE THEN
        RETURN;
    END IF;
    key := v_comment::jsonb ->> 'key';
    config := v_comment::jsonb -> 'config';
    -- That of the table, if the collection is a view over one.
    v_column := coalesce(vecs._view_origin(v_relation::oid, '_text'), v_column);
    SELECT
        a.attname,
        a.attgenerated <> '' AND starts_with(col_description(a.attrelid, a.attnum), '{"key": ')
    INTO column_name, is_generated
    FROM pg_attribute AS a
    WHERE a.attrelid = v_column[1] AND a.attnum = v_column[2]::integer;
    SELECT c.relname, c.oid INTO name, index_id
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = v_column[1]
        AND i.indkey[0] = v_column[2]::integer
        AND m.amname = 'gin'
        AND i.indisvalid
        AND i.indpred IS NULL
    ORDER BY c.relname
    LIMIT 1;
END
$fn$;

COMMENT ON FUNCTION vecs._text_index(text) IS
$doc$Return the key and the text search configuration of a collection's text index, a name or an object with the key of the language and the default; the table's column of words, and whether create_text_index() added it; and the index on that (NULL: it was dropped). No values if the collection has none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_index(text) TO PUBLIC;
