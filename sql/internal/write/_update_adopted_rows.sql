-- _update_adopted_rows: change the fields and the metadata column of an adopted table's rows.
-- Locks the rows in the order of their ids, and compares them as they are then: the UPDATE itself
-- would first look at the version in its snapshot, which may be older.
-- A table on shards is written itself, for Citus does not write through a view, and without locks.
--% from 'macros/shards.sql' import shard_count
--% from 'macros/write.sql' import when_refused with context

CREATE OR REPLACE FUNCTION vecs._update_adopted_rows(
    collection text,
    ids text[],
    filters jsonb,
    patch jsonb,
    mode text
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
SET quote_all_identifiers = off
SET extra_float_digits = 1
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_fields jsonb := vecs._fields(v_collection.view_id, NULL::jsonb);
    v_key jsonb := v_fields -> 'key';
    v_predicate text := vecs._keys_predicate(v_key);
    -- In mode remove a key that is removed is null.
    v_patch jsonb := CASE mode
        WHEN 'remove' THEN coalesce(
            (SELECT jsonb_object_agg(k.key, NULL) FROM jsonb_array_elements_text(patch) AS k (key)),
            '{}'
        )
        ELSE patch
    END;
    v_names text[] := ARRAY(
        SELECT k.key FROM jsonb_object_keys(v_patch) AS k (key) WHERE v_fields -> 'fields' ? k.key
    );
    v_rest jsonb := v_patch - v_names;
    v_is_distributed constant boolean :=
        {{ shard_count('v_collection.table_id') | indent(8) }} IS NOT NULL;
    -- The columns of the view, and of what is written.
    v_columns text[];
    v_targets text[];
    v_target_metadata text := '_metadata';
    v_values text[];
    v_old_values text[];
    v_metadata text;
    -- The values, in an expression of its own: Citus lets no function in the UPDATE that is not
    -- immutable.
    v_record text;
    v_columns_of_t text;
    v_matched bigint;
    v_unreadable record;
    v_column text;
BEGIN
    PERFORM vecs._check_writable(v_collection.table_id);
    PERFORM vecs._check_adopted_rows(
        v_collection.view_id, v_fields, '{}'::text[], jsonb_build_array(v_patch)
    );
    IF ids IS NULL THEN
        v_predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
    ELSE
        ids := vecs._readable_keys(ids, v_key);
    END IF;

    SELECT
        array_agg(quote_ident(f.name) ORDER BY f.name),
        array_agg(
            quote_ident(CASE WHEN v_is_distributed THEN f.column_name ELSE f.name END)
            ORDER BY f.name
        ),
        array_agg(format('x.%I', f.name) ORDER BY f.name),
        'x AS MATERIALIZED (SELECT ' || string_agg(format('%s AS %I', f.value, f.name), ', ')
            || ' FROM jsonb_to_record($2) AS x (' || string_agg(f.definition, ', ') || ')),'
    INTO v_columns, v_targets, v_values, v_record
    FROM vecs._written_fields(v_collection.view_id, v_names) AS f;
    v_old_values := v_values;
    IF v_rest <> '{}' OR mode = 'replace' AND (v_fields -> 'has_metadata')::boolean THEN
        IF v_is_distributed THEN
            v_target_metadata := quote_ident(v_collection.metadata_column);
        END IF;
        v_columns := v_columns || '_metadata'::text;
        v_targets := v_targets || v_target_metadata;
        v_metadata := CASE mode
            WHEN 'merge' THEN
                'CASE WHEN jsonb_typeof(%1$s) = ''object'' THEN %1$s ELSE ''{}'' END || %2$L::jsonb'
            WHEN 'remove' THEN
                'CASE WHEN jsonb_typeof(%1$s) = ''object'' THEN %1$s ELSE ''{}'' END'
                ' - ARRAY(SELECT jsonb_object_keys(%2$L::jsonb))'
            ELSE '%2$L::jsonb'
        END;
        v_values := v_values || format(v_metadata, 't.' || v_target_metadata, v_rest);
        v_old_values := v_old_values || format(v_metadata, 'locked._metadata', v_rest);
    END IF;

    v_columns_of_t := ', t.' || array_to_string(v_columns, ', t.');
    EXECUTE format(
        $sql$
        WITH %4$s
        locked AS (
            SELECT t._id%7$s
            FROM %1$s AS t
            WHERE %2$s
            ORDER BY t.id COLLATE "C"
            %8$s
        ),
        changed AS MATERIALIZED (
            SELECT locked._id FROM locked%11$s WHERE %3$s
        ),
        written AS (
            UPDATE %9$s AS t
            SET %5$s
            FROM changed%11$s
            WHERE t.%10$s %6$s changed._id
        )
        SELECT count(*) FROM locked
        $sql$,
        v_collection.relation,
        v_predicate,
        coalesce(
            (
                SELECT string_agg(
                    format(
                        'locked.%s::text IS DISTINCT FROM (%s)::text', s.name, s.value
                    ),
                    ' OR '
                )
                FROM unnest(v_columns, v_old_values) AS s (name, value)
            ),
            'false'
        ),
        v_record,
        coalesce(
            (
                SELECT string_agg(format('%s = %s', s.target, s.value), ', ')
                FROM unnest(v_targets, v_values) AS s (target, value)
            ),
            CASE
                WHEN v_is_distributed THEN format('%1$I = t.%1$I', v_collection.vec_column)
                ELSE 'vec = t.vec'
            END
        ),
        vecs._field_sign(v_key, '='),
        v_columns_of_t,
        CASE WHEN NOT v_is_distributed THEN 'FOR NO KEY UPDATE' END,
        CASE WHEN v_is_distributed THEN v_collection.table_id::text ELSE v_collection.relation END,
        CASE WHEN v_is_distributed THEN quote_ident(v_collection.id_column) ELSE '_id' END,
        CASE WHEN v_record IS NOT NULL THEN ' CROSS JOIN x' END
    ) INTO v_matched USING ids, v_patch;
    RETURN v_matched;
EXCEPTION
    {{ when_refused('jsonb_build_array(v_patch)', "'the patch'") | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._update_adopted_rows(text, text[], jsonb, jsonb, text) IS
$doc$Change the fields that a patch names and, for its other keys, the metadata column of an adopted table's rows, which ids or filters select. Returns the number of rows selected.

Raises VS001 invalid_argument for a key that is no field where there is no metadata column, and for a value that a column cannot hold.$doc$;

GRANT EXECUTE ON FUNCTION vecs._update_adopted_rows(text, text[], jsonb, jsonb, text) TO PUBLIC;
