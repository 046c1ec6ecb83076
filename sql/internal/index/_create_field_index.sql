-- _create_field_index: index a column of an adopted table.
-- A valid index that begins with the column and serves the same is left as it is, whoever made it.

CREATE OR REPLACE FUNCTION vecs._create_field_index(
    collection text,
    name text,
    kind text
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_field jsonb := vecs._fields(v_collection.view_id, NULL::jsonb) -> 'fields' -> name;
    v_kind text := v_field ->> 'kind';
    v_method text := CASE
        WHEN v_kind IN ('array', 'jsonb') OR kind = 'trigram' THEN 'gin'
        ELSE 'btree'
    END;
    v_column record;
    v_class text;
    v_schema text;
    v_index text;
    v_comment text := format('{"kind": "%s", "field": %s}', kind, to_jsonb(name));
BEGIN
    IF v_kind = 'other'
        OR kind = 'time' AND v_kind <> 'time'
        OR kind IN ('pattern', 'trigram') AND v_kind <> 'string'
        OR kind = 'trigram' AND v_field ->> 'type' = 'bpchar'
    THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'no index of kind "%s" can be on field "%s", a column of type %s',
                kind, name, v_field ->> 'type'
            ),
            HINT = CASE v_kind
                WHEN 'other' THEN 'Filters compare it as JSON, which no index of the column serves.'
                ELSE 'The kind value is for all types, time for dates and times, pattern and'
                    ' trigram for text.'
            END;
    END IF;

    SELECT a.attnum, a.attname INTO v_column
    FROM vecs._view_origin(v_collection.view_id::oid, name) AS o (origin)
    JOIN pg_attribute AS a ON a.attrelid = o.origin[1] AND a.attnum = o.origin[2]::integer;
    v_class := CASE
        WHEN kind = 'pattern' AND v_field ->> 'type' = 'bpchar' THEN 'bpchar_pattern_ops'
        WHEN kind = 'pattern' THEN 'text_pattern_ops'
        WHEN kind = 'trigram' THEN 'gin_trgm_ops'
        WHEN v_kind = 'jsonb' THEN 'jsonb_path_ops'
    END;
    v_schema := CASE kind WHEN 'trigram' THEN vecs._trigram_schema() ELSE 'pg_catalog.' END;
    SELECT c.relname INTO v_index
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    JOIN pg_opclass AS o ON o.oid = i.indclass[0]
    WHERE i.indrelid = v_collection.table_id
        AND i.indkey[0] = v_column.attnum
        AND i.indisvalid
        AND i.indpred IS NULL
        AND m.amname = v_method
        AND CASE
            WHEN v_class IS NULL THEN o.opcdefault
            ELSE o.opcname IN (v_class, replace(v_class, 'text_', 'varchar_'))
        END
    ORDER BY c.relname
    LIMIT 1;
    IF v_index IS NOT NULL THEN
        RETURN v_index;
    END IF;

    v_index := 'ix_metadata_' || md5(concat_ws(
        ' ', v_collection.table_id::oid, nullif(kind, 'value'), to_jsonb(name)
    ));
    IF to_regclass(format('%s.%I', vecs._schema(v_collection.table_id), v_index)) IS NOT NULL THEN
        v_index := 'ix_metadata_' || md5(concat(v_index, random()));
    END IF;
    PERFORM vecs._build_index(
        v_index,
        v_collection.table_id,
        concat(format('USING %s (%I', v_method, v_column.attname), ' ' || v_schema || v_class, ')')
    );
    EXECUTE format(
        'COMMENT ON INDEX %s.%I IS %L',
        vecs._schema(v_collection.table_id),
        v_index,
        v_comment
    );
    PERFORM vecs._refresh_statistics(v_collection.table_id);
    RETURN v_index;
EXCEPTION
    WHEN program_limit_exceeded THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('field "%s" has values that are too long for an index', name),
            DETAIL = SQLERRM,
            HINT = 'A btree takes up to 2,700 bytes. Index a shorter column, which the table may'
                ' generate from it.';
END
$fn$;

COMMENT ON FUNCTION vecs._create_field_index(text, text, text) IS
$doc$Create an index on a field of an adopted table, for a kind of conditions, and return its name, or the name of one that there is.

Raises VS001 invalid_argument for a kind that the column's type does not have, and for values that are too long.$doc$;

GRANT EXECUTE ON FUNCTION vecs._create_field_index(text, text, text) TO PUBLIC;
