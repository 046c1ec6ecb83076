-- _check_records: refuse JSON records that upsert() cannot read, and name the first of them.
--% from 'macros/errors.sql' import double_encoding_hint

CREATE OR REPLACE FUNCTION vecs._check_records(
    records jsonb
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_fault record;
BEGIN
    IF records IS NULL OR jsonb_typeof(records) <> 'array' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'records must be a JSON object or an array of them',
            HINT = CASE
                WHEN jsonb_typeof(records) = 'string' AND records #>> '{}' ~ '^[[:space:]]*[[{]'
                    THEN '{{ double_encoding_hint }}'
                ELSE 'A record is {"id": "a", "vec": [0.1, 0.2], "metadata": {"year": 2012}}.'
            END;
    END IF;

    SELECT r.position, f.fault, jsonb_typeof(r.record) AS kind INTO v_fault
    FROM jsonb_array_elements(records) WITH ORDINALITY AS r (record, position)
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN jsonb_typeof(r.record) <> 'object' THEN 'is not an object'
            WHEN r.record - '{id,vec,metadata}'::text[] <> '{}'
                THEN format(
                    'has the unknown key "%s"',
                    (
                        SELECT left(min(k.key), 100)
                        FROM jsonb_object_keys(r.record - '{id,vec,metadata}'::text[]) AS k (key)
                    )
                )
            WHEN r.record -> 'id' IS NULL OR jsonb_typeof(r.record -> 'id') = 'null'
                THEN 'has no id'
            WHEN jsonb_typeof(r.record -> 'id') <> 'string' THEN 'has an id that is not a string'
            WHEN r.record -> 'vec' IS NULL
                OR jsonb_typeof(r.record -> 'vec') NOT IN ('array', 'string')
                THEN format('with id "%s" has no vector', left(r.record ->> 'id', 100))
        END AS fault
    ) AS f
    WHERE f.fault IS NOT NULL
    ORDER BY r.position
    LIMIT 1;

    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('record %s %s', v_fault.position, v_fault.fault),
            HINT = CASE v_fault.kind
                WHEN 'string' THEN '{{ double_encoding_hint }}'
                ELSE 'A record is {"id": "a", "vec": [0.1, 0.2], "metadata": {"year": 2012}}.'
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_records(jsonb) IS
$doc$Raise VS001 invalid_argument for JSON records that do not have the form that upsert() reads. The message names the first fault by its record number, from 1.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_records(jsonb) TO PUBLIC;
