-- _advise_broken: indexes on the vectors that no search uses, or that another one makes needless.
--% from 'macros/builds.sql' import is_building with context

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
    -- There nobody sees who builds an index on the primary.
    v_is_standby boolean := pg_is_in_recovery();
BEGIN
    -- Also one that create_index_sql() has built and not finished.
    RETURN QUERY
    SELECT
        CASE WHEN v_is_standby THEN 'hint' ELSE 'warning' END,
        format(
            CASE
                WHEN v_is_standby
                    THEN 'the primary builds the index "%s", or its build was broken off: on the'
                        ' primary, advise() says which'
                ELSE 'the build of index "%s" was broken off: searches may not use it, and every'
                    ' write keeps it up'
            END,
            c.relname
        ),
        CASE
            WHEN v_is_standby THEN format('SELECT * FROM vecs.advise(%L);', collection)
            ELSE format('DROP INDEX CONCURRENTLY IF EXISTS %s.%I;', v_schema, c.relname)
        END
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
        AND NOT {{ is_building('v_collection.table_id') | indent(8) }}
    ORDER BY c.relname;

    RETURN QUERY
    SELECT DISTINCT
        'warning',
        format(
            'these partitions have no valid index for %s, so that searches compare all their rows:'
            ' %s',
            i.measure, array_to_string(i.missing, ', ')
        ),
        format('SELECT vecs.create_index(%L, %L);', collection, i.measure)
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    WHERE i.missing IS NOT NULL;

    -- Searches use the most precise; of two of a kind the one that create_index() has made is kept.
    RETURN QUERY
    SELECT
        'hint',
        format(
            'the indexes "%s" and "%s" both serve %s, and searches use "%2$s"',
            d.name, d.preferred, d.measure
        ),
        format(
            'DROP INDEX %sIF EXISTS %s.%I;',
            (
                SELECT CASE c.relkind WHEN 'i' THEN 'CONCURRENTLY ' ELSE '' END
                FROM pg_class AS c
                WHERE c.oid = d.index_id
            ),
            v_schema, d.name
        )
    FROM (
        SELECT i.index_id, i.name, i.measure, first_value(i.name) OVER w AS preferred
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        WHERE i.valid
            AND i.filters IS NULL
            AND i.partition IS NULL
            AND i.name !~ '_(new|old)[0-9a-f]{7}$'
        WINDOW w AS (
            PARTITION BY i.measure
            ORDER BY
                array_position('{full,half,binary}', i.index_precision),
                i.method,
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
