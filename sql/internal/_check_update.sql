-- _check_update: refuse arguments that update_metadata can not take.

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
        PERFORM vecs._raise(
            'invalid_argument',
            CASE
                WHEN ids IS NULL THEN 'either ids or filters must be given'
                ELSE 'either ids or filters must be given, not both'
            END,
            'Name the rows by ids => or by filters =>; the filter {} matches all rows.'
        );
    ELSIF mode NOT IN ('merge', 'replace', 'remove') THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format('unknown mode "%s"', mode),
            'The modes are merge, replace and remove.'
        );
    ELSIF patch IS NULL THEN
        PERFORM vecs._raise(
            'invalid_argument',
            'patch must not be null',
            'Pass an object such as {"year": 2012}; to remove keys, an array such as ["year"].'
        );
    ELSIF mode = 'remove' AND (
        jsonb_typeof(patch) <> 'array'
        OR jsonb_path_exists(patch, 'strict $[*] ? (@.type() <> "string")', silent => true)
    ) THEN
        PERFORM vecs._raise(
            'invalid_argument',
            'patch must be an array of keys in mode "remove"',
            'Pass an array of strings such as ["year", "tags"].'
        );
    ELSIF mode <> 'remove' AND jsonb_typeof(patch) <> 'object' THEN
        PERFORM vecs._raise(
            'invalid_argument',
            format(
                'patch must be an object in mode "%s", not a JSON %s', mode, jsonb_typeof(patch)
            ),
            'Pass an object such as {"year": 2012}; to remove keys, use mode => ''remove''.'
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_update(jsonb, text[], jsonb, text) IS
$doc$Raise VS001 invalid_argument where neither or both of ids and filters are given, for a mode that is none, and for a patch that is not an object or, in mode remove, not an array of strings.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_update(jsonb, text[], jsonb, text) TO PUBLIC;
