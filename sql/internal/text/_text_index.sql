-- _text_index: look up the text index of a collection.
-- The comment of its column "_text" says which key it is of: {"key": "body", "config": "english"}.

CREATE OR REPLACE FUNCTION vecs._text_index(
    collection text,
    OUT key text,
    OUT config text,
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
    v_comment text;
    v_table oid;
    v_number smallint;
BEGIN
    SELECT d.description, a.attrelid, a.attnum INTO v_comment, v_table, v_number
    FROM pg_attribute AS a
    JOIN pg_description AS d
        ON d.objoid = a.attrelid
        AND d.classoid = 'pg_class'::regclass
        AND d.objsubid = a.attnum
    WHERE a.attrelid = to_regclass('vecs.' || quote_ident(collection))
        AND a.attname = '_text'
        AND NOT a.attisdropped;
    IF starts_with(v_comment, '{"key": ') IS NOT TRUE THEN
        RETURN;
    END IF;
    key := v_comment::jsonb ->> 'key';
    config := v_comment::jsonb ->> 'config';
    SELECT c.relname, c.oid INTO name, index_id
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = v_table
        AND i.indkey[0] = v_number
        AND m.amname = 'gin'
        AND i.indisvalid
        AND i.indpred IS NULL
    ORDER BY c.relname
    LIMIT 1;
END
$fn$;

COMMENT ON FUNCTION vecs._text_index(text) IS
$doc$Return the key and the text search configuration of a collection's text index, and the index on its words (NULL: it was dropped); no values if the collection has none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_index(text) TO PUBLIC;
