-- _collections: the collections of the schema, or one of them, read from the catalog.
-- The one place that says what a collection is: an ordinary or partitioned table of the schema
-- whose name does not start with "_", with a column id and a column vec of one of pgvector's types.

CREATE OR REPLACE FUNCTION vecs._collections(
    collection text
)
RETURNS TABLE (
    table_id regclass,
    name text,
    element_type text,
    dimension integer,
    pgvector text
)
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- An array, so that one plan serves both cases, and by index.
    v_candidates oid[] := CASE
        WHEN collection IS NULL THEN ARRAY(
            SELECT c.oid FROM pg_class AS c
            WHERE c.relnamespace = 'vecs'::regnamespace AND c.relkind IN ('r', 'p')
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
        quote_ident(n.nspname) || '.'
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'vec' AND NOT a.attisdropped
    JOIN pg_attribute AS k ON k.attrelid = c.oid AND k.attname = 'id' AND NOT k.attisdropped
    JOIN pg_type AS y ON y.oid = a.atttypid
    JOIN pg_extension AS e ON e.extname = 'vector'
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    -- Hidden from the planner, which would look at each of thousands.
    WHERE c.oid = ANY ((SELECT v_candidates)::oid[])
        AND c.relkind IN ('r', 'p')
        AND NOT starts_with(c.relname, '_')
        -- Whatever collation the caller's text has.
        AND (collection IS NULL OR c.relname = collection COLLATE "C")
        AND y.typnamespace = n.oid
        AND y.typname IN ('vector', 'halfvec', 'sparsevec', 'bit');
END
$fn$;

COMMENT ON FUNCTION vecs._collections(text) IS
$doc$The collections of the schema, or the one of a name; all of them for NULL: table, element type, dimension (-1: not fixed), and the prefix that names pgvector's schema in SQL text.

No rows where there is none. A name that PostgreSQL would cut to 63 bytes finds nothing.$doc$;

GRANT EXECUTE ON FUNCTION vecs._collections(text) TO PUBLIC;
