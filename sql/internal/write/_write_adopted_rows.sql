-- _write_adopted_rows: insert or replace rows of an adopted table that _check_rows() has accepted.
-- Rows that exist are updated, so that a record need not name the columns that an insert would
-- need; the others are inserted. Records that name the same fields are written by one statement. A
-- record that names no key of the metadata column leaves it as it is, as it does other columns.
-- First the rows that exist are locked in the order of their ids, so that concurrent writers of the
-- same rows cannot deadlock.

CREATE OR REPLACE FUNCTION vecs._write_adopted_rows(
    collection text,
    ids text[],
    vecs vector[],
    metadata jsonb
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_fields jsonb := vecs._fields(v_collection.view_id, NULL::jsonb);
    v_last bigint[];
    v_group record;
    v_written bigint := 0;
BEGIN
    PERFORM vecs._check_adopted_rows(v_collection.view_id, v_fields, ids, metadata);

    -- Of records with the same key the last one counts.
    EXECUTE format(
        $sql$
        SELECT array_agg(k.position)
        FROM (
            SELECT max(u.position) AS position
            FROM unnest($1::%s[]) WITH ORDINALITY AS u (key, position)
            GROUP BY u.key
        ) AS k
        $sql$,
        v_fields -> 'key' ->> 'type'
    ) INTO v_last USING ids;
    EXECUTE format(
        'SELECT FROM %s AS t WHERE %s ORDER BY t.id COLLATE "C" FOR NO KEY UPDATE',
        v_collection.relation, vecs._keys_predicate(v_fields -> 'key')
    ) USING ids;
    FOR v_group IN
        SELECT
            g.names,
            g.has_metadata,
            array_agg(g.id ORDER BY g.id COLLATE "C") AS ids,
            array_agg(g.vec ORDER BY g.id COLLATE "C") AS vecs,
            jsonb_agg(g.document ORDER BY g.id COLLATE "C") AS documents
        FROM (
            SELECT
                r.id,
                r.vec,
                r.document,
                ARRAY(
                    SELECT k.key
                    FROM jsonb_object_keys(r.document) AS k (key)
                    WHERE v_fields -> 'fields' ? k.key
                    ORDER BY k.key
                ) AS names,
                (v_fields -> 'has_metadata')::boolean AND r.document - ARRAY(
                    SELECT jsonb_array_elements_text(v_fields -> 'names')
                ) <> '{}' AS has_metadata
            FROM (
                SELECT
                    u.id,
                    u.vec,
                    CASE jsonb_typeof(m.document) WHEN 'object' THEN m.document ELSE '{}' END
                        AS document
                FROM unnest(ids, _write_adopted_rows.vecs) WITH ORDINALITY AS u (id, vec, position)
                LEFT JOIN jsonb_array_elements(_write_adopted_rows.metadata) WITH ORDINALITY
                    AS m (document, position) ON m.position = u.position
                WHERE u.position = ANY (v_last)
            ) AS r
        ) AS g
        GROUP BY g.names, g.has_metadata
        ORDER BY g.names, g.has_metadata
    LOOP
        v_written := v_written + vecs._write_adopted_group(
            collection, v_fields, v_group.names, v_group.has_metadata, v_group.ids, v_group.vecs,
            v_group.documents
        );
    END LOOP;
    RETURN v_written;
END
$fn$;

COMMENT ON FUNCTION vecs._write_adopted_rows(text, text[], vector[], jsonb) IS
$doc$Insert rows of an adopted table, or replace those whose ids exist: the vector, the fields that their metadata names and, if it names a key of it, the metadata column. Returns the number of rows written.

Raises VS001 invalid_argument for ids and metadata that the columns cannot hold, and VS008 unsupported for a new row if the key is not unique.$doc$;

GRANT EXECUTE ON FUNCTION vecs._write_adopted_rows(text, text[], vector[], jsonb) TO PUBLIC;
