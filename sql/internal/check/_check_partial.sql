-- _check_partial: refuse a partial index where there can be none.
-- The filter of an adopted table is over the view's columns. Searches with a few vectors tell
-- whether bits suit a collection, but not one of its parts.

CREATE OR REPLACE FUNCTION vecs._check_partial(
    collection text,
    table_id regclass,
    view_id regclass,
    index_precision text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF view_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format('an adopted table, such as "%s", has no partial index', collection),
            HINT = 'Index all rows, or partition the table.';
    ELSIF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = table_id AND c.relkind = 'p') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format('a partitioned table, such as "%s", has no partial index', collection),
            HINT = 'Index all rows: a search reads the partitions that its filter leaves.';
    ELSIF index_precision = 'binary' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'a partial index cannot have the precision binary',
            HINT = 'The precision half has up to 4000 dimensions.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_partial(text, regclass, regclass, text) IS
$doc$Raise VS008 unsupported for a partial index of an adopted or partitioned table, or of precision binary.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_partial(text, regclass, regclass, text) TO PUBLIC;
