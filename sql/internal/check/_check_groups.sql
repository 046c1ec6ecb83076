-- _check_groups: refuse invalid arguments of a search for groups.

CREATE OR REPLACE FUNCTION vecs._check_groups(
    group_by text,
    group_size bigint
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF group_by IS NULL OR starts_with(group_by, '$') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = coalesce(
                format('group_by must not begin with "$": "%s"', left(group_by, 100)),
                'group_by must not be null'
            ),
            HINT = 'Name a key of the metadata.';
    ELSIF group_size < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('group_size must be at least 1: %s', group_size),
            HINT = 'Pass the number of rows to return of each group.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_groups(text, bigint) IS
$doc$Raise VS001 invalid_argument for a key that is NULL or begins with "$", and for a group_size below 1.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_groups(text, bigint) TO PUBLIC;
