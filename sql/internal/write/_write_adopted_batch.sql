-- _write_adopted_batch: write rows of an adopted table.
-- Rows that exist are updated, so that a record need not name the columns that an insert would
-- need; the others are inserted. What a record does not name keeps its value, or takes the column's
-- default. A record that names no key of the metadata column does not name that.
-- A table on shards is written itself, for Citus does not write through a view, and without locks.
-- Its distribution column keeps its value, which decides where a row is. Values are computed before
-- the statement that writes them, for Citus lets no function in it that is not immutable.
--% from 'macros/shards.sql' import shard_count
--% from 'macros/write.sql' import when_refused with context

--% macro named(otherwise)
{#- The SQL of a column's value in a row, as format() makes it of s: that of the record if it names
    the column, or else another. -#}
CASE
    WHEN s.always THEN s.value
    ELSE format('CASE WHEN %s THEN %s ELSE %s END', s.is_named, s.value, {{ otherwise }})
END
--%- endmacro

CREATE OR REPLACE FUNCTION vecs._write_adopted_batch(
    collection text,
    fields jsonb,
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
SET standard_conforming_strings = on
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_key text := fields -> 'key' ->> 'type';
    v_equals text := vecs._field_sign(fields -> 'key', '=');
    v_given constant text := vecs._keys_predicate(fields -> 'key');
    v_is_distributed constant boolean :=
        {{ shard_count('v_collection.table_id') | indent(8) }} IS NOT NULL;
    -- What is written, and the key there: the view's, or the table's.
    v_target text := v_collection.relation;
    v_target_key text := '_id';
    v_distribution_column text;
    v_stays text;
    v_computed text;
    v_with text;
    -- The fields that records name, and those that all records do.
    v_names text[];
    v_common text[];
    v_rest text[] := ARRAY(SELECT jsonb_array_elements_text(fields -> 'names'));
    v_definitions text;
    v_columns text;
    v_inserted_values text;
    v_assignments text;
    v_rows text;
    v_update text;
    v_new bigint[];
    v_conflict text;
    v_existing bigint;
    v_visible bigint;
    v_updated bigint;
    v_inserted bigint := 0;
    v_unreadable record;
    v_column text;
BEGIN
    IF v_is_distributed THEN
        v_target := v_collection.table_id;
        v_target_key := quote_ident(v_collection.id_column);
        v_distribution_column := quote_ident(vecs._distribution_column(v_collection.table_id));
    END IF;
    SELECT
        coalesce(array_agg(k.key), '{}'),
        coalesce(array_agg(k.key) FILTER (WHERE k.count = cardinality(ids)), '{}')
    INTO v_names, v_common
    FROM (
        SELECT k.key, count(*) AS count
        FROM jsonb_array_elements(documents) AS d (document)
        CROSS JOIN LATERAL jsonb_object_keys(d.document) AS k (key)
        WHERE fields -> 'fields' ? k.key
        GROUP BY k.key
    ) AS k;
    SELECT
        string_agg(s.definition, ', '),
        string_agg(s.target, ', '),
        string_agg({{ named('s.default_value') | indent(8) }}, ', '),
        string_agg(
            format('%s = %s', s.target, {{ named("'t.' || s.target") | indent(12) }}), ', '
        ) FILTER (WHERE s.target IS DISTINCT FROM v_distribution_column),
        min(
            format(' AND t.%s = %s', s.target, {{ named("'t.' || s.target") | indent(12) }})
        ) FILTER (WHERE s.target = v_distribution_column),
        string_agg(s.computed, '')
    INTO v_definitions, v_columns, v_inserted_values, v_assignments, v_stays, v_computed
    FROM (
        SELECT
            quote_ident(CASE WHEN v_is_distributed THEN f.column_name ELSE f.name END) AS target,
            f.definition,
            CASE
                WHEN v_is_distributed THEN format('r.value_%s', f.number) ELSE f.value
            END AS value,
            format(', %s AS value_%s', f.value, f.number) AS computed,
            f.default_value,
            f.name = ANY (v_common) AS always,
            format('r.document ? %L', f.name) AS is_named
        FROM (
            SELECT w.*, row_number() OVER () AS number
            FROM vecs._written_fields(v_collection.view_id, v_names) AS w
        ) AS f
        UNION ALL
        SELECT
            CASE WHEN v_is_distributed THEN quote_ident(v_collection.vec_column) ELSE 'vec' END,
            NULL,
            format('r.vec::%s%s', v_collection.pgvector, v_collection.element_type),
            NULL,
            NULL,
            true,
            NULL
        UNION ALL
        SELECT
            CASE WHEN v_is_distributed THEN quote_ident(f.column_name) ELSE '_metadata' END,
            NULL,
            format('r.document - %L::text[]', v_rest),
            NULL,
            format('coalesce(%s, ''{}''::jsonb)', f.default_value),
            false,
            format('r.document - %L::text[] <> ''{}''', v_rest)
        FROM vecs._written_fields(v_collection.view_id, '{_metadata}'::text[]) AS f
    ) AS s;
    v_rows := format(
        $sql$(
            SELECT u.position, u.id::%s AS _id, u.vec, u.document
            FROM ROWS FROM (unnest($1), unnest($2), jsonb_array_elements($3)) WITH ORDINALITY
                AS u (id, vec, document, position)
        ) AS r
        %s$sql$,
        v_key,
        'CROSS JOIN LATERAL jsonb_to_record(r.document) AS x (' || v_definitions || ')'
    );
    IF v_is_distributed THEN
        v_with := format(
            'WITH r AS MATERIALIZED (SELECT r.position, r._id, r.vec, r.document%s FROM %s)',
            v_computed, v_rows
        );
        v_rows := 'r';
    END IF;
    v_update := format(
        '%s UPDATE %s AS t SET %s FROM %s WHERE t.%s %s r._id%s',
        v_with, v_target, v_assignments, v_rows, v_target_key, v_equals, v_stays
    );

    -- In the order of their ids, so that writers of the same rows wait for each other.
    EXECUTE format(
        $sql$
        WITH locked AS (
            SELECT t.id FROM %s AS t WHERE %s ORDER BY t.id COLLATE "C"%s
        )
        SELECT count(DISTINCT l.id) FROM locked AS l
        $sql$,
        v_collection.relation, v_given, CASE WHEN NOT v_is_distributed THEN ' FOR NO KEY UPDATE' END
    ) INTO v_existing USING ids;
    IF row_security_active(v_collection.table_id) THEN
        EXECUTE format(
            'SELECT count(DISTINCT t.id) FROM %s AS t WHERE %s', v_collection.relation, v_given
        ) INTO v_visible USING ids;
        IF v_visible > v_existing THEN
            RAISE insufficient_privilege USING
                MESSAGE = format(
                    'row-level security of table "%s" forbids to update %s of the rows',
                    v_collection.table_id, v_visible - v_existing
                );
        END IF;
    END IF;

    EXECUTE v_update USING ids, _write_adopted_batch.vecs, documents;
    GET DIAGNOSTICS v_updated = ROW_COUNT;
    IF v_stays IS NOT NULL AND v_updated < v_existing THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'a row of table "%s" cannot get another value of %s, which decides on its shard',
                v_collection.table_id, v_distribution_column
            ),
            HINT = 'Delete the row first.';
    END IF;
    IF v_existing = cardinality(ids) THEN
        RETURN least(v_updated, v_existing);
    END IF;

    -- By the key and what all new records name.
    EXECUTE format(
        $sql$
        WITH e AS MATERIALIZED (SELECT t._id FROM %s AS t WHERE %s)
        SELECT array_agg(r.position)
        FROM unnest($1::%s[]) WITH ORDINALITY AS r (_id, position)
        WHERE NOT EXISTS (SELECT FROM e WHERE e._id %s r._id)
        $sql$,
        v_collection.relation, v_given, v_key, v_equals
    ) INTO v_new USING ids;
    v_conflict := vecs._unique_columns(v_collection.view_id, ARRAY(
        SELECT k.key
        FROM jsonb_array_elements(documents) WITH ORDINALITY AS d (document, position)
        CROSS JOIN LATERAL jsonb_object_keys(d.document) AS k (key)
        WHERE d.position = ANY (v_new) AND fields -> 'fields' ? k.key
        GROUP BY k.key
        HAVING count(*) = cardinality(v_new)
    ), v_is_distributed);
    IF v_conflict IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'cannot insert into "%s": no unique index is on column "%s"',
                v_collection.table_id, v_collection.id_column
            ),
            HINT = 'Without one, the same id could be inserted twice. Create it, not deferrable, or'
                ' have the new records name the other columns of an index that the table has.';
    END IF;
    EXECUTE format(
        $sql$
        INSERT INTO %1$s AS t (%2$s, %3$s) OVERRIDING SYSTEM VALUE
        %7$s
        SELECT r._id, %4$s
        FROM %5$s
        WHERE r.position = ANY ($4)
        ORDER BY r.position
        ON CONFLICT (%6$s) DO NOTHING
        $sql$,
        v_target,
        v_target_key,
        v_columns,
        v_inserted_values,
        v_rows,
        v_conflict,
        v_with
    ) USING ids, _write_adopted_batch.vecs, documents, v_new;
    GET DIAGNOSTICS v_inserted = ROW_COUNT;
    -- Rows that others have inserted in the meantime are updated, too.
    IF v_existing + v_inserted < cardinality(ids) THEN
        EXECUTE v_update USING ids, _write_adopted_batch.vecs, documents;
        GET DIAGNOSTICS v_updated = ROW_COUNT;
        RETURN least(v_updated, cardinality(ids));
    END IF;
    RETURN least(v_updated, v_existing) + v_inserted;
EXCEPTION
    {%- set what -%}
    format('the metadata of id "%s"', left(ids[v_unreadable.row_no], 100))
    {%- endset %}
    {{ when_refused('documents', what) | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._write_adopted_batch(text, jsonb, text[], vector[], jsonb) IS
$doc$Write rows of an adopted table with metadata, which documents has for each id. fields is what _fields() returns. The ids are distinct and in order. Returns the number of rows written.

Raises VS001 invalid_argument for metadata that the columns cannot hold or lacks, VS008 unsupported for a new row if the key is not unique and for a column that the table generates, and 42501 for rows that row-level security does not let this role update.$doc$;

GRANT EXECUTE ON FUNCTION vecs._write_adopted_batch(text, jsonb, text[], vector[], jsonb) TO PUBLIC;
