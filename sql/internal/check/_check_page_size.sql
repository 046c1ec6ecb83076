-- _check_page_size: refuse pages of no rows.

CREATE OR REPLACE FUNCTION vecs._check_page_size(
    page_size bigint
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF page_size < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('page_size must be at least 1, not %s', page_size),
            HINT = 'Pass the maximum number of rows of a page, such as 100.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_page_size(bigint) IS
$doc$Refuse a page_size below 1.

Raises VS001 invalid_argument.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_page_size(bigint) TO PUBLIC;
