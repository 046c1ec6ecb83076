-- _advise_server: what of the server would make a collection safer or faster.
-- The faults are in pgvector's CHANGELOG: 0.8.3 mended corruption of an hnsw index by VACUUM, 0.8.4
-- errors of VACUUM and of inserts meanwhile. The memory of other nodes is not looked at.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._advise_server(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_shared_buffers bigint := pg_size_bytes(current_setting('shared_buffers'));
BEGIN
    RETURN QUERY
    SELECT
        'error',
        format(
            'pgvector %s may corrupt an hnsw index during VACUUM: install 0.8.4 or a later version'
            ' on the server, update the extension, and rebuild the indexes',
            e.extversion
        ),
        'ALTER EXTENSION vector UPDATE;'
    FROM pg_extension AS e
    WHERE e.extname = 'vector'
        AND e.extversion ~ '^[0-9]{1,4}[.][0-9]{1,4}[.][0-9]{1,4}$'
        AND string_to_array(e.extversion, '.')::integer[] < '{0,8,4}';

    RETURN QUERY
    SELECT
        'warning',
        format(
            'the indexes on the vectors take %s, and shared_buffers has %s, so that searches wait'
            ' for the disk or the file system''s cache; takes effect after a restart',
            pg_size_pretty(b.bytes), pg_size_pretty(v_shared_buffers)
        ),
        format('ALTER SYSTEM SET shared_buffers = ''%sMB'';', ceil(b.bytes * 1.25 / 1048576))
    FROM (
        SELECT sum(vecs._relation_bytes(i.index_id, false)) AS bytes
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        WHERE i.valid
    ) AS b
    -- A server with less memory would not start again.
    WHERE {{ shard_count('v_collection.table_id') | indent(8) }} IS NULL
        AND b.bytes > v_shared_buffers
        AND b.bytes * 1.25 <= pg_size_bytes(current_setting('effective_cache_size')) / 2;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_server(text) IS
$doc$Return what advise() finds of the server: a pgvector with known faults, and shared_buffers that are smaller than the indexes of the collection's vectors.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_server(text) TO PUBLIC;
