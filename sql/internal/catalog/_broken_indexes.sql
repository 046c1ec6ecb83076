-- _broken_indexes: list what broken-off builds of vector indexes have left on a table.
-- An index that create_index_sql() builds has another name until it is finished; one that is not
-- valid may be built by another session now. What it replaces is renamed before it is dropped.
--% from 'macros/builds.sql' import is_building with context

CREATE OR REPLACE FUNCTION vecs._broken_indexes(
    table_id regclass
)
RETURNS SETOF text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT c.relname::text
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = _broken_indexes.table_id
        AND (
            c.relname ~ '^ix_(vector|partial)_.*_new[0-9a-f]{7}$' AND NOT i.indisvalid
            OR c.relname ~ '^ix_vector_[0-9a-f]{7}_old[0-9a-f]{7}$'
        )
        AND NOT {{ is_building('_broken_indexes.table_id') | indent(8) }}
    ORDER BY c.relname;
$fn$;

COMMENT ON FUNCTION vecs._broken_indexes(regclass) IS
$doc$Return the names of indexes that builds by create_index_sql() have left when they were broken off.$doc$;

GRANT EXECUTE ON FUNCTION vecs._broken_indexes(regclass) TO PUBLIC;
