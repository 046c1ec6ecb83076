-- _build_text_index: build the index on a column of words, unless it has one.
-- Takes SHARE on the table.

CREATE OR REPLACE FUNCTION vecs._build_text_index(
    table_id regclass,
    column_name text
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_schema text := vecs._schema(table_id);
    v_name text;
BEGIN
    SELECT c.relname INTO v_name
    FROM pg_index AS i
    JOIN pg_attribute AS a
        ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = table_id
        AND a.attname = column_name COLLATE "C"
        AND m.amname = 'gin'
        AND i.indisvalid
        AND i.indpred IS NULL
    ORDER BY c.relname
    LIMIT 1;
    IF v_name IS NOT NULL THEN
        RETURN v_name;
    END IF;
    v_name := 'ix_text_' || md5(concat_ws(' ', table_id::oid, nullif(column_name, '_text')));
    IF to_regclass(format('%s.%I', v_schema, v_name)) IS NOT NULL THEN
        v_name := 'ix_text_' || md5(concat(v_name, random()));
    END IF;
    PERFORM vecs._build_index(v_name, table_id, format('USING gin (%I)', column_name));
    -- drop_text_index() drops what has this comment.
    EXECUTE format('COMMENT ON INDEX %s.%I IS ''{"kind": "text"}''', v_schema, v_name);
    RETURN v_name;
END
$fn$;

COMMENT ON FUNCTION vecs._build_text_index(regclass, text) IS
$doc$Create a GIN index on a column of type tsvector, and return its name, or that of one that there is.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_text_index(regclass, text) TO PUBLIC;
