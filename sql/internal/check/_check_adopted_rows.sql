-- _check_adopted_rows: refuse ids and metadata that the columns of an adopted table cannot hold.

CREATE OR REPLACE FUNCTION vecs._check_adopted_rows(
    view_id regclass,
    fields jsonb,
    ids text[],
    metadata jsonb
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_readable text[] := vecs._readable_keys(ids, fields -> 'key');
    v_id text;
    v_text text;
    v_key text;
BEGIN
    IF cardinality(v_readable) < cardinality(ids) THEN
        SELECT u.id INTO v_id FROM unnest(ids) AS u (id) WHERE u.id <> ALL (v_readable) LIMIT 1;
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'type %s of the key cannot read the id "%s"',
                fields -> 'key' ->> 'type', left(v_id, 100)
            ),
            HINT = 'An id is the text of the table''s key.';
    END IF;

    EXECUTE format(
        'SELECT u.id, u.id::%1$s::text FROM unnest($1) AS u (id) WHERE u.id::%1$s::text <> u.id'
        ' LIMIT 1',
        fields -> 'key' ->> 'type'
    ) INTO v_id, v_text USING ids;
    IF v_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'the id "%s" is not the text of a key of type %s',
                left(v_id, 100), fields -> 'key' ->> 'type'
            ),
            HINT = format('That would be "%s".', left(v_text, 100));
    END IF;

    SELECT k.key INTO v_key
    FROM (
        SELECT DISTINCT k.key
        FROM jsonb_array_elements(metadata) AS m (document)
        CROSS JOIN LATERAL jsonb_object_keys(
            CASE jsonb_typeof(m.document) WHEN 'object' THEN m.document END
        ) AS k (key)
    ) AS k
    WHERE NOT fields -> 'fields' ? k.key AND NOT (fields -> 'has_metadata')::boolean
    LIMIT 1;
    IF v_key IS NULL THEN
        SELECT w.name INTO v_key
        FROM vecs._written_fields(view_id, ARRAY(
            SELECT DISTINCT k.key
            FROM jsonb_array_elements(metadata) AS m (document)
            CROSS JOIN LATERAL jsonb_object_keys(
                CASE jsonb_typeof(m.document) WHEN 'object' THEN m.document END
            ) AS k (key)
        )) AS w
        WHERE w.generated
        LIMIT 1;
    END IF;
    IF v_key IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                CASE
                    WHEN fields -> 'fields' ? v_key THEN 'the table generates the field "%s"'
                    ELSE 'the table has no field "%s", and no metadata column'
                END,
                left(v_key, 100)
            ),
            HINT = CASE
                WHEN fields -> 'fields' ? v_key THEN 'Leave it out.'
                ELSE 'Add a column, and adopt the table again.'
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_adopted_rows(regclass, jsonb, text[], jsonb) IS
$doc$Refuse ids that the key of an adopted table cannot hold, and metadata with keys that are no fields where there is no metadata column, or that the table generates. fields is what _fields() returns.

Raises VS001 invalid_argument.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_adopted_rows(regclass, jsonb, text[], jsonb) TO PUBLIC;
