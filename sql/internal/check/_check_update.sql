-- _check_update: refuse invalid arguments of update_metadata().
--% from 'macros/errors.sql' import double_encoding_hint

CREATE OR REPLACE FUNCTION vecs._check_update(
    patch jsonb,
    ids text[],
    filters jsonb,
    mode text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF (ids IS NULL) = (filters IS NULL) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = CASE
                WHEN ids IS NULL THEN 'either ids or filters must be given'
                ELSE 'either ids or filters must be given, not both'
            END,
            HINT = 'Select the rows with ids => or with filters =>; {} matches all rows.';
    ELSIF mode NOT IN ('merge', 'replace', 'remove') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('unknown mode "%s"', left(mode, 100)),
            HINT = 'The modes are merge, replace and remove.';
    ELSIF patch IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'patch must not be null',
            HINT = 'Pass an object such as {"year": 2012};'
                ' to remove keys, an array such as ["year"].';
    ELSIF jsonb_typeof(patch) = 'string' AND patch #>> '{}' ~ '^[[:space:]]*[[{]' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'patch is a JSON string, not an object or an array',
            HINT = '{{ double_encoding_hint }}';
    ELSIF mode = 'remove' AND (
        jsonb_typeof(patch) <> 'array'
        OR jsonb_path_exists(patch, 'strict $[*] ? (@.type() <> "string")', silent => true)
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'patch must be an array of keys in mode "remove"',
            HINT = 'Pass an array of strings such as ["year", "tags"].';
    ELSIF mode <> 'remove' AND jsonb_typeof(patch) <> 'object' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'patch must be an object in mode "%s", not a JSON %s', mode, jsonb_typeof(patch)
            ),
            HINT = 'Pass an object such as {"year": 2012};'
                ' to remove keys, use mode => ''remove''.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_update(jsonb, text[], jsonb, text) IS
$doc$Raise VS001 invalid_argument if neither or both of ids and filters are given, for an unknown mode, and for a patch of the wrong type: an array of strings in mode remove, else an object.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_update(jsonb, text[], jsonb, text) TO PUBLIC;
