-- _key_indexes: the metadata indexes on a path of keys.

CREATE OR REPLACE FUNCTION vecs._key_indexes(
    table_id regclass,
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
        AND i.indexprs IS NOT NULL
        AND vecs._metadata_path(i.indexrelid::regclass) IN (
            SELECT concat_ws(' ', nullif(k.kind, 'value'), to_jsonb(_key_indexes.path))
            FROM (VALUES ('value'::text), ('time'), ('pattern')) AS k (kind)
            WHERE k.kind = _key_indexes.kind OR _key_indexes.kind IS NULL
        );
$fn$;

COMMENT ON FUNCTION vecs._key_indexes(regclass, text[], text) IS
$doc$The indexes of a kind that create_metadata_index() made on a path of keys, of every kind where it is NULL: index, name, and whether it is valid.$doc$;

GRANT EXECUTE ON FUNCTION vecs._key_indexes(regclass, text[], text) TO PUBLIC;
