-- _create_view: make the view of an adopted table, in the place of the one that there is.
-- It is made under a private name first: if nothing has changed, the view stays, and what depends
-- on it.

CREATE OR REPLACE FUNCTION vecs._create_view(
    name text,
    source regclass,
    view_id regclass,
    id_column text,
    vec_column text,
    metadata_column text,
    field_columns text[],
    text_value text
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
    v_new text := '_new_' || md5(name);
    v_new_id regclass;
    v_select text;
    v_owner text;
    v_text_comment text;
BEGIN
    v_select := vecs._adopted_select(
        source, id_column, vec_column, metadata_column, field_columns, text_value
    );
    EXECUTE format(
        'CREATE VIEW vecs.%I WITH (security_invoker = true) AS SELECT %s FROM %s AS s',
        v_new, v_select, source
    );
    v_new_id := format('vecs.%I', v_new)::regclass;
    IF pg_get_viewdef(v_new_id) = pg_get_viewdef(view_id) THEN
        EXECUTE format('DROP VIEW vecs.%I', v_new);
        RETURN;
    END IF;

    -- Everyone may use the view: it is read with the privileges of whoever reads it.
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON vecs.%I TO PUBLIC', v_new);
    EXECUTE format('COMMENT ON VIEW vecs.%I IS %L', v_new, obj_description(view_id, 'pg_class'));
    IF view_id IS NOT NULL THEN
        SELECT col_description(view_id, a.attnum) INTO v_text_comment
        FROM pg_attribute AS a
        WHERE a.attrelid = view_id AND a.attname = '_text' AND NOT a.attisdropped;
        IF text_value IS NOT NULL THEN
            EXECUTE format('COMMENT ON COLUMN vecs.%I._text IS %L', v_new, v_text_comment);
        END IF;
        PERFORM vecs._copy_privileges(view_id, v_new_id);
        SELECT pg_get_userbyid(c.relowner) INTO v_owner FROM pg_class AS c WHERE c.oid = view_id;
        IF v_owner <> current_user THEN
            EXECUTE format('ALTER VIEW vecs.%I OWNER TO %I', v_new, v_owner);
        END IF;
        EXECUTE format('DROP VIEW vecs.%I', name);
    END IF;
    EXECUTE format('ALTER VIEW vecs.%I RENAME TO %I', v_new, name);
END
$fn$;

COMMENT ON FUNCTION vecs._create_view(text, regclass, regclass, text, text, text, text[], text) IS
$doc$Create the view of an adopted table with the columns that _adopted_columns() returns. view_id is the view that it replaces (NULL: none), which passes on its owner, its privileges and its comments.$doc$;

GRANT EXECUTE ON FUNCTION vecs._create_view(text, regclass, regclass, text, text, text, text[], text) TO PUBLIC;
