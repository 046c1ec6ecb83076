-- _key_indexes: find the metadata indexes on a path of keys, or on a field of an adopted table.

CREATE OR REPLACE FUNCTION vecs._key_indexes(
    table_id regclass,
    view_id regclass,
    path text[],
    kind text
)
RETURNS TABLE (
    index_id regclass,
    name text,
    valid boolean
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT i.indexrelid::regclass, c.relname::text, i.indisvalid
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = _key_indexes.table_id
        AND EXISTS (
            SELECT
            FROM (VALUES ('value'::text), ('time'), ('pattern'), ('trigram')) AS k (kind)
            WHERE (k.kind = _key_indexes.kind OR _key_indexes.kind IS NULL)
                AND CASE
                    WHEN i.indexprs IS NOT NULL THEN
                        vecs._indexed_path(i.indexrelid::regclass)
                        = concat_ws(' ', nullif(k.kind, 'value'), to_jsonb(_key_indexes.path))
                        AND vecs._is_on_metadata(
                            i.indexrelid, i.indrelid, _key_indexes.view_id::oid
                        )
                    -- By the column: it may have been renamed since.
                    ELSE
                        obj_description(i.indexrelid, 'pg_class')
                        LIKE format('{"kind": "%s", "field": "%%', k.kind)
                        AND cardinality(path) = 1
                        AND i.indkey[0] = (
                            vecs._view_origin(_key_indexes.view_id::oid, path[1])
                        )[2]::integer
                END
        );
$fn$;

COMMENT ON FUNCTION vecs._key_indexes(regclass, regclass, text[], text) IS
$doc$Return the indexes that create_metadata_index() made on a path of keys, or on a field of the view of an adopted table: index, name, and whether it is valid. With a kind, only those of that kind; every kind for NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._key_indexes(regclass, regclass, text[], text) TO PUBLIC;
