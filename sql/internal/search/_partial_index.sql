-- _partial_index: find the smallest partial index whose conditions are all among those of a filter.
-- Its predicate is returned as PostgreSQL prints it, so that the planner sees that it holds for a
-- search that has it in its WHERE clause.

CREATE OR REPLACE FUNCTION vecs._partial_index(
    table_id regclass,
    filters jsonb,
    measure text,
    OUT index_id oid,
    OUT method text,
    OUT index_precision text,
    OUT type regtype,
    OUT dimension integer,
    OUT predicate text,
    OUT row_count double precision,
    OUT is_whole boolean
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_conditions jsonb := vecs._conditions(filters);
BEGIN
    SELECT i.index_id, i.method, i.index_precision, a.atttypid::regtype, a.atttypmod,
        pg_get_expr(x.indpred, x.indrelid), greatest(c.reltuples, 1),
        vecs._conditions(i.filters) @> v_conditions
    INTO index_id, method, index_precision, type, dimension, predicate, row_count, is_whole
    FROM vecs._vector_indexes(table_id, 'vec') AS i
    JOIN pg_index AS x ON x.indexrelid = i.index_id
    JOIN pg_class AS c ON c.oid = i.index_id
    JOIN pg_attribute AS a ON a.attrelid = table_id AND a.attname = 'vec'
    WHERE i.filters IS NOT NULL
        AND i.measure = _partial_index.measure
        AND i.valid
        AND i.partition IS NULL
        AND NOT EXISTS (
            SELECT
            FROM jsonb_array_elements(vecs._conditions(i.filters)) AS k (condition)
            WHERE NOT v_conditions @> jsonb_build_array(k.condition)
        )
    ORDER BY c.reltuples, i.name
    LIMIT 1;
END
$fn$;

COMMENT ON FUNCTION vecs._partial_index(regclass, jsonb, text) IS
$doc$Return the smallest valid partial index of a collection for a measure that has all rows which match a filter: the index, its access method and precision, the type and dimension of the vectors, its predicate as SQL, its number of rows, and whether it has no other rows. NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._partial_index(regclass, jsonb, text) TO PUBLIC;
