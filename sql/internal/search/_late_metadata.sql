-- _late_metadata: return the metadata of an adopted table's row.
-- The planner takes its cost for high, and so makes the metadata of the rows that are returned, not
-- of all rows that are sorted. It is made of many columns.

CREATE OR REPLACE FUNCTION vecs._late_metadata(
    metadata jsonb
)
RETURNS jsonb
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN metadata;
END
$fn$;

COMMENT ON FUNCTION vecs._late_metadata(jsonb) IS
$doc$Return the metadata of a row, and have it made as late as possible.$doc$;

GRANT EXECUTE ON FUNCTION vecs._late_metadata(jsonb) TO PUBLIC;
