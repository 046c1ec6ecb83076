-- _collections: list the collections of the schema, or look up one.
-- This is the one definition of a collection: an ordinary or partitioned table of the schema whose
-- name does not start with "_", with a column id and a column vec of one of pgvector's types; or a
-- view of such a name over a table, with these two columns and the key, _id: that of adopt().

CREATE OR REPLACE FUNCTION vecs._collections(
    collection text
)
RETURNS TABLE (
    table_id regclass,
    name text,
    element_type text,
    dimension integer,
    pgvector text,
    view_id regclass,
    vec_column text,
    id_column text,
    metadata_column text
)
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- An array, so that one plan by index serves both cases.
    v_candidates oid[] := CASE
        WHEN collection IS NULL THEN ARRAY(
            SELECT c.oid FROM pg_class AS c
            WHERE c.relnamespace = 'vecs'::regnamespace AND c.relkind IN ('r', 'p', 'v')
        )
        ELSE ARRAY[to_regclass(format('vecs.%I', collection))]
    END;
BEGIN
    RETURN QUERY
    SELECT
        c.oid::regclass,
        c.relname::text,
        y.typname::text,
        a.atttypmod,
        quote_ident(n.nspname) || '.',
        NULL::regclass,
        a.attname::text,
        k.attname::text,
        'metadata'
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'vec' AND NOT a.attisdropped
    JOIN pg_attribute AS k ON k.attrelid = c.oid AND k.attname = 'id' AND NOT k.attisdropped
    JOIN pg_type AS y ON y.oid = a.atttypid
    JOIN pg_extension AS e ON e.extname = 'vector'
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    -- A subquery hides the array from the planner, which would estimate each of its elements.
    WHERE c.oid = ANY ((SELECT v_candidates)::oid[])
        AND c.relkind IN ('r', 'p')
        AND NOT starts_with(c.relname, '_')
        -- COLLATE: the caller's text may have any collation.
        AND (collection IS NULL OR c.relname = collection COLLATE "C")
        AND y.typnamespace = n.oid
        AND y.typname IN ('vector', 'halfvec', 'sparsevec', 'bit');
    IF FOUND AND collection IS NOT NULL THEN
        RETURN;
    END IF;

    RETURN QUERY
    SELECT
        s.table_id,
        c.relname::text,
        y.typname::text,
        a.atttypmod,
        quote_ident(n.nspname) || '.',
        c.oid::regclass,
        a.attname::text,
        k.attname::text,
        m.attname::text
    FROM unnest(v_candidates) AS v (oid)
    JOIN pg_class AS c ON c.oid = v.oid AND c.relkind = 'v'
    CROSS JOIN LATERAL vecs._source(c.oid) AS s
    JOIN pg_attribute AS a ON a.attrelid = s.table_id AND a.attnum = s.vec_number
    JOIN pg_attribute AS k ON k.attrelid = s.table_id AND k.attnum = s.id_number
    LEFT JOIN pg_attribute AS m ON m.attrelid = s.table_id AND m.attnum = s.metadata_number
    JOIN pg_type AS y ON y.oid = a.atttypid
    JOIN pg_extension AS e ON e.extname = 'vector'
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE NOT starts_with(c.relname, '_')
        AND (collection IS NULL OR c.relname = collection COLLATE "C")
        AND y.typnamespace = n.oid
        AND y.typname IN ('vector', 'halfvec')
        AND EXISTS (
            SELECT FROM pg_attribute AS i
            WHERE i.attrelid = c.oid AND i.attname = 'id' AND NOT i.attisdropped
        );
END
$fn$;

COMMENT ON FUNCTION vecs._collections(text) IS
$doc$Return the collections of the schema, or the one with a name; all of them for NULL. Columns: the table that has the rows, name, element type, dimension (-1: not fixed), and the prefix that names pgvector's schema in SQL text; the view of an adopted table (NULL: it is not one); and which columns of the table are the vector, the key and the metadata (NULL: none).

Returns no row where there is none. A name longer than 63 bytes finds nothing; PostgreSQL would truncate it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._collections(text) TO PUBLIC;
