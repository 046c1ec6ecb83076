-- _advise_parts: parts of a collection that should have an index of their own.
-- A filter of one hundredth to a quarter of the rows is what takes longest: candidates of the index
-- of all rows rarely match, and an exact search compares thousands of rows. docs/benchmark.md has
-- the figures. Statistics do not have the values of keys, so a sample of the rows is looked at.

CREATE OR REPLACE FUNCTION vecs._advise_parts(
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
    v_table regclass := v_collection.table_id;
    v_rows bigint := (vecs._approximate_count(v_table)).row_count;
    v_least constant integer := 3000;
    v_index record;
BEGIN
    SELECT i.measure, i.index_precision INTO v_index
    FROM vecs._vector_indexes(v_table, v_collection.vec_column) AS i
    WHERE i.valid AND i.filters IS NULL AND i.index_precision <> 'binary'
    ORDER BY i.name
    LIMIT 1;
    -- An adopted or a partitioned table cannot have a partial index.
    IF NOT FOUND
        OR v_rows < 4 * v_least
        OR v_collection.view_id IS NOT NULL
        OR EXISTS (SELECT FROM pg_class AS c WHERE c.oid = v_table AND c.relkind = 'p')
    THEN
        RETURN;
    END IF;

    -- The most common ones are chosen first, so that there is an end to it.
    RETURN QUERY
    SELECT
        'hint',
        format(
            'about %s %% of the rows have %s under the key "%s". If searches filter by it often,'
            ' an index of these rows alone makes them faster',
            round(100 * c.share), c.value, c.key
        ),
        format(
            'SELECT vecs.create_index(%L, %L%s, filters => %L);',
            collection, v_index.measure,
            ', arguments => ' || quote_literal(
                '{"precision": "' || nullif(v_index.index_precision, 'full') || '"}'
            ),
            c.filters
        )
    FROM (
        SELECT
            s.key,
            s.value,
            s.row_count::numeric / s.sampled AS share,
            jsonb_build_object(s.key, s.value) AS filters
        FROM vecs._sampled_values(collection) AS s
        WHERE s.row_count BETWEEN 0.01 * s.sampled AND 0.25 * s.sampled
            AND s.row_count::numeric / s.sampled * v_rows >= v_least
            AND NOT starts_with(s.key, '$')
        ORDER BY s.row_count DESC, s.key, s.value
        LIMIT 3
    ) AS c
    WHERE NOT EXISTS (
        SELECT
        FROM vecs._vector_indexes(v_table, v_collection.vec_column) AS i
        WHERE i.valid AND i.filters = c.filters AND i.measure = v_index.measure
    );
END
$fn$;

COMMENT ON FUNCTION vecs._advise_parts(text) IS
$doc$Return what advise() finds of partial indexes: for up to three values of the metadata, those that most rows have among the values of 1 to 25 % and at least 3,000 rows. Of a collection without an index on the vectors, an adopted and a partitioned table it finds nothing.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_parts(text) TO PUBLIC;
