-- _metadata_indexes: list the indexes on a collection's metadata.

CREATE OR REPLACE FUNCTION vecs._metadata_indexes(
    table_id regclass,
    is_adopted boolean
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
        vecs._relation_bytes(i.indexrelid::regclass, false)
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = _metadata_indexes.table_id
        -- A partial index of vectors depends on the metadata of its filter.
        AND m.amname NOT IN ('hnsw', 'ivfflat')
        AND (_metadata_indexes.is_adopted OR EXISTS (
            SELECT
            FROM pg_depend AS d
            JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = 'pg_class'::regclass
                AND d.objid = i.indexrelid
                AND d.refclassid = 'pg_class'::regclass
                AND d.refobjid = i.indrelid
                AND a.attname = 'metadata'
        ));
$fn$;

COMMENT ON FUNCTION vecs._metadata_indexes(regclass, boolean) IS
$doc$Return the indexes of a table that involve its column metadata; of an adopted table all but those on vectors: name, definition, whether valid, size in bytes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._metadata_indexes(regclass, boolean) TO PUBLIC;
