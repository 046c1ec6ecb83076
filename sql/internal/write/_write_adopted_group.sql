-- _write_adopted_group: write rows of an adopted table whose records name the same fields.
--% from 'macros/write.sql' import when_null with context

CREATE OR REPLACE FUNCTION vecs._write_adopted_group(
    collection text,
    fields jsonb,
    names text[],
    has_metadata boolean,
    ids text[],
    vecs vector[],
    documents jsonb
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_key_type text := fields -> 'key' ->> 'type';
    v_equals text := vecs._field_sign(fields -> 'key', '=');
    v_columns text[];
    v_values text[];
    v_definitions text[];
    v_rows text;
    v_conflict text;
    v_written bigint;
    v_inserted bigint := 0;
    v_unreadable record;
    v_column text;
BEGIN
    SELECT
        array_agg(quote_ident(f.name) ORDER BY f.name),
        array_agg(f.value ORDER BY f.name),
        array_agg(f.definition ORDER BY f.name)
    INTO v_columns, v_values, v_definitions
    FROM vecs._written_fields(v_collection.view_id, names) AS f;
    v_columns := '{vec}'::text[] || v_columns;
    v_values := format('r.vec::%s%s', v_collection.pgvector, v_collection.element_type) || v_values;
    IF has_metadata THEN
        v_columns := v_columns || '_metadata'::text;
        v_values := v_values || format('r.document - %L::text[]', names);
    END IF;
    v_rows := format(
        $sql$(
            SELECT
                generate_series(1, cardinality($1)) AS position,
                unnest($1)::%s AS _id,
                unnest($2) AS vec,
                jsonb_array_elements($3) AS document
        ) AS r
        %s$sql$,
        v_key_type,
        'CROSS JOIN LATERAL jsonb_to_record(r.document) AS x ('
            || array_to_string(v_definitions, ', ') || ')'
    );

    EXECUTE format(
        'UPDATE %s AS t SET %s FROM %s WHERE t._id %s r._id',
        v_collection.relation,
        (
            SELECT string_agg(format('%s = %s', s.name, s.value), ', ' ORDER BY s.position)
            FROM unnest(v_columns, v_values) WITH ORDINALITY AS s (name, value, position)
        ),
        v_rows,
        v_equals
    ) USING ids, _write_adopted_group.vecs, documents;
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written >= cardinality(ids) THEN
        RETURN v_written;
    END IF;

    v_conflict := vecs._unique_columns(v_collection.view_id, names);
    IF v_conflict IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'cannot insert into "%s": no unique index is on column "%s"',
                v_collection.table_id, v_collection.id_column
            ),
            HINT = 'Without one, the same id could be inserted twice. Create it, or have the'
                ' records name the other columns of an index that the table has.';
    END IF;
    EXECUTE format(
        $sql$
        INSERT INTO %1$s AS t (_id, %2$s) OVERRIDING SYSTEM VALUE
        SELECT r._id, %3$s
        FROM %4$s
        WHERE NOT EXISTS (SELECT FROM %1$s AS e WHERE e._id %5$s r._id)
        ORDER BY r.position
        ON CONFLICT (%6$s) DO UPDATE SET %7$s
        $sql$,
        v_collection.relation,
        array_to_string(v_columns, ', '),
        array_to_string(v_values, ', '),
        v_rows,
        v_equals,
        v_conflict,
        (
            SELECT string_agg(format('%1$s = EXCLUDED.%1$s', s.name), ', ')
            FROM unnest(v_columns) AS s (name)
        )
    ) USING ids, _write_adopted_group.vecs, documents;
    GET DIAGNOSTICS v_inserted = ROW_COUNT;
    RETURN v_written + v_inserted;
EXCEPTION
    WHEN data_exception THEN
        v_unreadable := vecs._find_unreadable_record(v_collection.view_id, names, documents);
        IF v_unreadable.row_no IS NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'the metadata of id "%s" does not fit the columns of table "%s"',
                left(ids[v_unreadable.row_no], 100), v_collection.table_id
            ),
            DETAIL = v_unreadable.why,
            HINT = 'Each field takes a value of its column''s type.';
    {{ when_null() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._write_adopted_group(text, jsonb, text[], boolean, text[], vector[], jsonb) IS
$doc$Write rows of an adopted table whose metadata, documents, has the fields in names; with has_metadata, the other keys replace the metadata column. fields is what _fields() returns. The ids are distinct and in order. Returns the number of rows written.

Raises VS001 invalid_argument for metadata that the columns cannot hold or lacks, and VS008 unsupported for a new row if the key is not unique.$doc$;

GRANT EXECUTE ON FUNCTION vecs._write_adopted_group(text, jsonb, text[], boolean, text[], vector[], jsonb) TO PUBLIC;
