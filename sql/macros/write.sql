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
