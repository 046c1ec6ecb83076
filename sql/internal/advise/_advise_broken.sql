-- _advise_broken: indexes on the vectors that no search uses, or that another one makes needless.

CREATE OR REPLACE FUNCTION vecs._advise_broken(
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
    v_schema text := vecs._schema(v_collection.table_id);
BEGIN
    -- Also one that create_index_sql() has built and not finished.
    RETURN QUERY
    SELECT
        'warning',
        format(
            'the build of index "%s" was broken off: searches may not use it, and every write keeps'
            ' it up',
            c.relname
        ),
        format('DROP INDEX CONCURRENTLY IF EXISTS %s.%I;', v_schema, c.relname)
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = v_collection.table_id
        AND m.amname IN ('hnsw', 'ivfflat')
        AND c.relkind = 'i'
        AND (
            NOT i.indisvalid
            OR c.relname ~ '^ix_(vector|partial)_.*_new[0-9a-f]{7}$'
            OR c.relname IN (
                SELECT b.name FROM vecs._broken_indexes(v_collection.table_id) AS b (name)
            )
        )
        AND NOT EXISTS (
            SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid
        )
    ORDER BY c.relname;

    RETURN QUERY
    SELECT
        'warning',
        format(
            'the index "%s" lacks partitions, so that searches compare all rows there: %s',
            i.name, array_to_string(i.missing, ', ')
        ),
        format('SELECT vecs.create_index(%L, %L);', collection, i.measure)
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    WHERE i.missing IS NOT NULL;

    -- Searches use the most precise; of two of a kind the one that create_index() has made is kept.
    RETURN QUERY
    SELECT
        'hint',
        format('the index "%s" is for %s, as "%s" is', d.name, d.measure, d.preferred),
        format('DROP INDEX CONCURRENTLY IF EXISTS %s.%I;', v_schema, d.name)
    FROM (
        SELECT i.name, i.measure, first_value(i.name) OVER w AS preferred
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        WHERE i.valid
            AND i.filters IS NULL
            AND i.partition IS NULL
            AND i.name !~ '_(new|old)[0-9a-f]{7}$'
        WINDOW w AS (
            PARTITION BY i.measure
            ORDER BY
                i.method,
                array_position('{full,half,binary}', i.index_precision),
                vecs._rows_when_built(i.index_id) IS NULL,
                i.name
        )
    ) AS d
    WHERE d.name <> d.preferred;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_broken(text) IS
$doc$Return what advise() finds of a collection's vector indexes: those whose build was broken off, those that lack partitions, and those that do what another does.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_broken(text) TO PUBLIC;
