-- _set_text_column: make a column of an adopted table the words of its collection.
-- The view is replaced, not created anew: what depends on it stays. For the same reason it keeps
-- its column "_text" when there is no text index any more.

CREATE OR REPLACE FUNCTION vecs._set_text_column(
    collection text,
    column_name text
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
    v_columns record;
    v_statement text;
BEGIN
    IF column_name = (
        SELECT a.attname
        FROM vecs._view_origin(v_collection.view_id::oid, '_text') AS o (origin)
        JOIN pg_attribute AS a ON a.attrelid = o.origin[1] AND a.attnum = o.origin[2]::integer
    ) THEN
        RETURN;
    END IF;
    v_columns := vecs._adopted_columns(
        v_collection.table_id, NULL::text, NULL::text, NULL::text, NULL::text[],
        v_collection.view_id
    );
    -- What adopt() would make now has to be what is there: a view that somebody wrote may have a
    -- WHERE clause, and columns that the table has got since would not be new to it any more.
    PERFORM vecs._create_view(
        collection, v_collection.table_id, v_collection.view_id, v_columns.id_column,
        v_columns.vec_column, v_columns.metadata_column, v_columns.field_columns,
        v_columns.text_value
    );
    IF format('vecs.%I', collection)::regclass <> v_collection.view_id THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'the view of collection "%s" is not the one that adopt() would make now',
                collection
            ),
            HINT = format(
                'If columns were added or renamed, adopt the table again: SELECT vecs.adopt(%L,'
                ' %L). To a view of your own, add a column "_text" that is one of type tsvector.',
                v_collection.table_id, collection
            );
    END IF;
    v_statement := format(
        'CREATE OR REPLACE VIEW vecs.%I WITH (%s) AS SELECT %s FROM %s AS s',
        collection,
        (
            SELECT array_to_string(c.reloptions, ', ')
            FROM pg_class AS c
            WHERE c.oid = v_collection.view_id
        ),
        vecs._adopted_select(
            v_collection.table_id, v_columns.id_column, v_columns.vec_column,
            v_columns.metadata_column, v_columns.field_columns,
            coalesce('s.' || quote_ident(column_name), 'NULL::tsvector')
        ),
        v_collection.table_id
    );
    EXECUTE v_statement;
END
$fn$;

COMMENT ON FUNCTION vecs._set_text_column(text, text) IS
$doc$Make a column of type tsvector the column "_text" of an adopted table's view; NULL: none, so that it can be dropped.

Raises VS008 unsupported for a view that adopt() would make otherwise.$doc$;

GRANT EXECUTE ON FUNCTION vecs._set_text_column(text, text) TO PUBLIC;
