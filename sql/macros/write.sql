{#-
Writing the rows of a collection, which may be an adopted table.
-#}
--% from 'macros/errors.sql' import reraise with context
--% from 'macros/shards.sql' import shard_count

--% macro write_rows(collection, ids, vecs, metadata)
{#- Insert or replace rows that _check_rows() has accepted, and return their number. Needs
    v_collection, v_detail and v_hint. -#}
IF v_collection.view_id IS NOT NULL
    OR {{ shard_count('v_collection.table_id') | indent(4) }} IS NOT NULL
THEN
    BEGIN
        IF v_collection.view_id IS NOT NULL THEN
            RETURN vecs._write_adopted_rows(
                {{ collection }}, {{ ids }}, {{ vecs }}, {{ metadata }}
            );
        END IF;
        RETURN vecs._write_rows(
            v_collection.table_id,
            format('%s%s', v_collection.pgvector, v_collection.element_type)::regtype,
            {{ ids }}, {{ vecs }}, {{ metadata }}
        );
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;
END IF;
RETURN vecs._write_rows(
    v_collection.table_id, NULL::regtype, {{ ids }}, {{ vecs }}, {{ metadata }}
);
--%- endmacro

--% macro when_refused(documents, what)
{#- In an exception block: tell why a column of an adopted table refuses a value. documents are
    those whose keys v_names are written; what is the SQL of what does not fit. Needs v_collection,
    v_names, v_unreadable and v_column. -#}
WHEN data_exception OR syntax_error THEN
    v_unreadable := vecs._find_unreadable_record(v_collection.view_id, v_names, {{ documents }});
    IF v_unreadable.row_no IS NULL THEN
        RAISE;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
        MESSAGE = format(
            '%s does not fit the columns of table "%s"', {{ what }}, v_collection.table_id
        ),
        DETAIL = v_unreadable.why,
        HINT = 'Each field takes a value of its column''s type.';
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
WHEN generated_always THEN
    RAISE EXCEPTION USING
        ERRCODE = '{{ errors.unsupported.sqlstate }}',
        MESSAGE = SQLERRM,
        HINT = 'The table generates this column, so rows are written in the table itself.';
WHEN program_limit_exceeded THEN
    RAISE EXCEPTION USING
        ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
        MESSAGE = SQLERRM,
        HINT = 'The value of an indexed column is too long for the index.';
--%- endmacro

--% macro again_after_deadlock(statement)
{#- Run a statement, and again after a deadlock. Rows that exist are locked in the order of their
    ids, but new ones are inserted after those, so that two writers of the same rows may deadlock
    where one of them inserts or deletes. The error takes back what has been written. -#}
FOR v_attempt IN 1..10 LOOP
    BEGIN
        {{ statement }}
        EXIT;
    EXCEPTION
        WHEN deadlock_detected THEN
            IF v_attempt = 10 THEN
                RAISE;
            END IF;
    END;
END LOOP;
--%- endmacro

--% macro check_changed(mode)
{#- Refuse to change metadata that is neither an object nor null, of the row v_not_an_object. -#}
IF v_not_an_object IS NOT NULL AND {{ mode }} <> 'replace' THEN
    RAISE EXCEPTION USING
        ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
        MESSAGE = format(
            'the metadata of id "%s" is not an object', left(v_not_an_object, 100)
        ),
        HINT = 'Replace it by an object with mode => ''replace'' first.';
END IF;
--%- endmacro
