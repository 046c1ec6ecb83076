-- _advise_size: what would make a collection's indexes smaller, or its searches read less.

CREATE OR REPLACE FUNCTION vecs._advise_size(
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
BEGIN
    RETURN QUERY
    SELECT
        'hint',
        format(
            'half precision would take a little more than half of the %s of index "%s", and order'
            ' the rows as well: it finds %s %% of the nearest of a sample',
            pg_size_pretty(i.bytes), i.name, round((100 * h.recall)::numeric, 1)
        ),
        format(
            'SELECT vecs.create_index(%L, %L, ''hnsw'', %L);',
            collection, i.measure, i.parameters || '{"precision": "half"}'
        )
    FROM (
        SELECT
            x.name,
            x.measure,
            vecs._relation_bytes(x.index_id, false) AS bytes,
            vecs._index_parameters(x.index_id) AS parameters
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS x
        WHERE x.valid
            AND x.filters IS NULL
            AND x.partition IS NULL
            AND x.method = 'hnsw'
            AND x.index_precision = 'full'
            AND v_collection.element_type = 'vector'
            AND vecs._rows_when_built(x.index_id) IS NOT NULL
    ) AS i
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN i.bytes > 16 * 1024 * 1024 THEN vecs._half_recall(collection, i.measure)
        END AS recall
    ) AS h
    WHERE h.recall >= 0.99;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_size(text) IS
$doc$Return what advise() finds of the size of a collection: indexes of more than 16 MB that would be as good in half precision.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_size(text) TO PUBLIC;
