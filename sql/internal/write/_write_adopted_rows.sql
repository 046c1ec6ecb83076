-- _write_adopted_rows: insert or replace rows of an adopted table that _check_rows() has accepted.
-- Of records with the same key the last one counts.
--% from 'macros/write.sql' import again_after_deadlock

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
    v_ids text[];
    v_vecs vecs%TYPE;
    v_documents jsonb;
    v_written bigint;
BEGIN
    PERFORM vecs._check_writable(v_collection.table_id);
    PERFORM vecs._check_adopted_rows(v_collection.view_id, v_fields, ids, metadata);
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
    SELECT
        array_agg(u.id ORDER BY u.id COLLATE "C"),
        array_agg(u.vec ORDER BY u.id COLLATE "C"),
        jsonb_agg(
            CASE jsonb_typeof(m.document) WHEN 'object' THEN m.document ELSE '{}' END
            ORDER BY u.id COLLATE "C"
        )
    INTO v_ids, v_vecs, v_documents
    FROM unnest(ids, _write_adopted_rows.vecs) WITH ORDINALITY AS u (id, vec, position)
    LEFT JOIN jsonb_array_elements(_write_adopted_rows.metadata) WITH ORDINALITY
        AS m (document, position) ON m.position = u.position
    WHERE u.position = ANY (v_last);
    IF v_ids IS NULL THEN
        RETURN 0;
    END IF;

    {%- set write = 'vecs._write_adopted_batch(collection, v_fields, v_ids, v_vecs, v_documents)' %}
    {{ again_after_deadlock('v_written := ' ~ write ~ ';') | indent(4) }}
    RETURN v_written;
END
$fn$;

COMMENT ON FUNCTION vecs._write_adopted_rows(text, text[], vector[], jsonb) IS
$doc$Insert rows of an adopted table, or replace those whose ids exist: the vector, the fields that their metadata names and, if it names a key of it, the metadata column. Returns the number of rows written.

Raises VS001 invalid_argument for ids and metadata that the columns cannot hold, and VS008 unsupported for a new row if the key is not unique.$doc$;

GRANT EXECUTE ON FUNCTION vecs._write_adopted_rows(text, text[], vector[], jsonb) TO PUBLIC;
