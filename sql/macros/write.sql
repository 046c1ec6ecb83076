{#-
Writing the rows of a collection, which may be an adopted table.
-#}
--% from 'macros/errors.sql' import reraise

--% macro write_rows(collection, ids, vecs, metadata)
{#- Insert or replace rows that _check_rows() has accepted, and return their number. Needs
    v_collection, v_detail and v_hint. -#}
IF v_collection.view_id IS NOT NULL THEN
    BEGIN
        RETURN vecs._write_adopted_rows({{ collection }}, {{ ids }}, {{ vecs }}, {{ metadata }});
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;
END IF;
RETURN vecs._write_rows(v_collection.table_id, {{ ids }}, {{ vecs }}, {{ metadata }});
--%- endmacro

--% macro when_null()
{#- In an exception block: raise VS001 for a column of an adopted table that must not become NULL.
    Needs v_collection and v_column. -#}
WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS v_column = COLUMN_NAME;
    RAISE EXCEPTION USING
        ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
        -- A domain that does not allow NULL names no column.
        MESSAGE = CASE
            WHEN v_column = '' THEN SQLERRM
            ELSE format(
                'column "%s" of table "%s" must not be NULL', v_column, v_collection.table_id
            )
        END,
        HINT = 'Give it a value, under its name in the metadata.';
--%- endmacro
