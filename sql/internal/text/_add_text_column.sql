-- _add_text_column: add the column with the words of its texts to a collection's table.
-- Another collection over the same table may have it already, or have left it.
-- Arguments: $1 the collection; $2 what _text_vector() makes words of, as SQL; $3 the key and the
-- configuration, the column's comment; $4 the columns that it is made of.
-- They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._add_text_column(
    text,
    text,
    jsonb,
    smallint[]
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    collection ALIAS FOR $1;
    words_of ALIAS FOR $2;
    comment ALIAS FOR $3;
    made_of ALIAS FOR $4;
    v_table regclass := (vecs._collection(collection)).table_id;
    v_config regconfig := coalesce(comment #>> '{config,default}', comment ->> 'config');
    v_language text := comment #>> '{config,key}';
    v_there text := (
        SELECT col_description(a.attrelid, a.attnum)
        FROM pg_attribute AS a
        WHERE a.attrelid = v_table AND a.attname = '_text' AND NOT a.attisdropped
    );
BEGIN
    IF v_there = comment::text AND vecs._generated_from(v_table, '_text') = made_of THEN
        RETURN;
    ELSIF v_there IS NOT NULL AND EXISTS (
        SELECT
        FROM vecs._collections(NULL::text) AS c
        CROSS JOIN LATERAL vecs._text_index(c.name) AS x
        WHERE c.table_id = v_table AND x.column_name = '_text' AND c.name <> collection
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_already_exists.sqlstate }}',
            MESSAGE = format(
                'table "%s" has a text index of another collection, of the key "%s"',
                v_table, v_there::jsonb ->> 'key'
            ),
            HINT = 'For another key, add a column of type tsvector to the table, and name that.';
    ELSIF v_there IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s DROP COLUMN _text', v_table);
    END IF;
    EXECUTE format(
        'ALTER TABLE %s ADD COLUMN _text tsvector'
        ' GENERATED ALWAYS AS (vecs._text_vector(%s, %s)) STORED',
        v_table,
        CASE
            WHEN v_language IS NULL THEN format('%L::regconfig', v_config)
            ELSE format(
                'vecs._text_config(%s, %L::regconfig)',
                (vecs._text_document(collection, v_language)).words_of,
                v_config
            )
        END,
        words_of
    );
    EXECUTE format('COMMENT ON COLUMN %s._text IS %L', v_table, comment);
END
$fn$;

COMMENT ON FUNCTION vecs._add_text_column(text, text, jsonb, smallint[]) IS
$doc$Add the column "_text", with the words of its texts, to the table of a collection.

Raises VS006 index_already_exists if another collection over the table uses a column "_text" for another key.$doc$;

GRANT EXECUTE ON FUNCTION vecs._add_text_column(text, text, jsonb, smallint[]) TO PUBLIC;
