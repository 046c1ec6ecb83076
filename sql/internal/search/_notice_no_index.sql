-- _notice_no_index: raise a notice if no index covers a search that would use one.
-- A small collection is searched exactly in any case.

CREATE OR REPLACE FUNCTION vecs._notice_no_index(
    collection text,
    measure text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF vecs._estimated_rows(collection) <= {{ costs.always_exact }} THEN
        RETURN;
    END IF;
    RAISE NOTICE USING
        ERRCODE = '{{ errors.no_covering_index.sqlstate }}',
        MESSAGE = format('collection "%s" has no index for %s', collection, measure),
        HINT = format('SELECT vecs.create_index(%L, %L);', collection, measure);
END
$fn$;

COMMENT ON FUNCTION vecs._notice_no_index(text, text) IS
$doc$Raise the notice VSW01 that no index covers a search, so that all rows are compared, unless the collection is small.$doc$;

GRANT EXECUTE ON FUNCTION vecs._notice_no_index(text, text) TO PUBLIC;
