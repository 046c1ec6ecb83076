-- _set_text_column: make a column of an adopted table the words of its collection.

CREATE OR REPLACE FUNCTION vecs._set_text_column(
    collection text,
    text_column text
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
    v_collection record := vecs._collection(collection);
    v_columns record := vecs._adopted_columns(
        v_collection.table_id, NULL::text, NULL::text, NULL::text, NULL::text[],
        v_collection.view_id
    );
    v_view_id regclass;
BEGIN
    -- What adopt() would make now has to be what is there: a view that somebody wrote may have a
    -- WHERE clause.
    PERFORM vecs._create_view(
        collection, v_collection.table_id, v_collection.view_id, v_columns.id_column,
        v_columns.vec_column, v_columns.metadata_column, v_columns.field_columns,
        v_columns.text_column
    );
    v_view_id := format('vecs.%I', collection)::regclass;
    IF v_view_id <> v_collection.view_id THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'the view of collection "%s" is not that which adopt() would make now', collection
            ),
            HINT = format(
                'If columns were added or renamed, adopt the table again: SELECT vecs.adopt(%L,'
                ' %L). To a view of your own, add a column "_text" that is one of type tsvector.',
                v_collection.table_id, collection
            );
    END IF;
    PERFORM vecs._create_view(
        collection, v_collection.table_id, v_view_id, v_columns.id_column, v_columns.vec_column,
        v_columns.metadata_column, v_columns.field_columns, text_column
    );
END
$fn$;

COMMENT ON FUNCTION vecs._set_text_column(text, text) IS
$doc$Make a column of type tsvector the column "_text" of an adopted table's view; NULL: remove that.

Raises VS008 unsupported for a view that adopt() would make otherwise.$doc$;

GRANT EXECUTE ON FUNCTION vecs._set_text_column(text, text) TO PUBLIC;
