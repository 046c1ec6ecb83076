-- _metadata_indexes: list the indexes on a collection's metadata.

CREATE OR REPLACE FUNCTION vecs._metadata_indexes(
    table_id regclass
)
RETURNS TABLE (
    name text,
    definition text,
    valid boolean,
    bytes bigint
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT
        c.relname::text,
        pg_get_indexdef(i.indexrelid),
        i.indisvalid,
        pg_relation_size(i.indexrelid)
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'metadata'
    WHERE i.indrelid = _metadata_indexes.table_id
        AND EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.classid = 'pg_class'::regclass
                AND d.objid = i.indexrelid
                AND d.refclassid = 'pg_class'::regclass
                AND d.refobjid = i.indrelid
                AND d.refobjsubid = a.attnum
        );
$fn$;

COMMENT ON FUNCTION vecs._metadata_indexes(regclass) IS
$doc$Return the indexes of a table that involve its column metadata: name, definition, whether valid, size in bytes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._metadata_indexes(regclass) TO PUBLIC;
