-- _vector_indexes: list the vector indexes of a collection.
-- An index counts whoever created it, if it is on the vectors' column, as it is or in another
-- precision; a partial one, if create_index() made it. Of a partitioned table those that partitions
-- have for themselves are listed, too. They serve searches as one of the whole table does, if every
-- partition has one.

CREATE OR REPLACE FUNCTION vecs._vector_indexes(
    table_id regclass,
    vec_column text
)
RETURNS TABLE (
    index_id regclass,
    name text,
    method text,
    measure text,
    index_precision text,
    filters jsonb,
    valid boolean,
    partition regclass,
    missing regclass[]
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    WITH partitions AS (
        SELECT t.relid AS partition
        FROM pg_partition_tree(_vector_indexes.table_id) AS t
        WHERE t.isleaf AND t.relid <> _vector_indexes.table_id
    ),
    indexes AS (
        SELECT
            i.indexrelid::regclass AS index_id,
            c.relname::text AS name,
            m.amname::text AS method,
            CASE f.ops
            --% for name, measure in measures.items()
                WHEN '{{ measure.ops }}' THEN '{{ name }}'
            --% endfor
            END AS measure,
            f.index_precision,
            p.filters,
            i.indisvalid AS valid,
            r.partition,
            c.relispartition AS is_part
        FROM (
            SELECT _vector_indexes.table_id AS relation_id, NULL::regclass AS partition
            UNION ALL
            SELECT p.partition, p.partition FROM partitions AS p
        ) AS r
        JOIN pg_index AS i ON i.indrelid = r.relation_id
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_am AS m ON m.oid = c.relam
        JOIN pg_opclass AS o ON o.oid = i.indclass[0]
        JOIN pg_attribute AS a
            ON a.attrelid = i.indrelid AND a.attname = _vector_indexes.vec_column COLLATE "C"
        CROSS JOIN LATERAL (
            SELECT
                'full' AS index_precision,
                substring(o.opcname FROM '^(?:vector|halfvec)_([a-z0-9]+)_ops$') AS ops
            WHERE i.indkey[0] = a.attnum
            UNION ALL
            SELECT x.index_precision, x.ops
            FROM vecs._expression_index(
                i.indexrelid::regclass, pg_get_expr(i.indexprs, i.indrelid), o.opcname::text,
                a.attname::text, a.atttypid::regtype, a.atttypmod
            ) AS x
            WHERE i.indkey[0] = 0
        ) AS f
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN i.indpred IS NOT NULL THEN vecs._partial_filters(i.indexrelid::regclass)
            END
        ) AS p (filters)
        WHERE f.ops IS NOT NULL AND (i.indpred IS NULL OR p.filters IS NOT NULL)
    )
    SELECT
        x.index_id,
        x.name,
        x.method,
        x.measure,
        x.index_precision,
        x.filters,
        CASE WHEN EXISTS (SELECT FROM partitions) THEN w.partitions = '{}' ELSE x.valid END,
        x.partition,
        nullif(w.partitions, '{}')
    FROM indexes AS x
    CROSS JOIN LATERAL (
        SELECT ARRAY(
            SELECT p.partition
            FROM partitions AS p
            WHERE NOT EXISTS (
                SELECT
                FROM indexes AS y
                WHERE y.partition = p.partition
                    AND y.measure = x.measure
                    AND y.filters IS NULL
                    AND y.valid
            )
            ORDER BY p.partition::text
        )
    ) AS w (partitions)
    -- What is a part of the table's own index is not listed.
    WHERE NOT x.is_part
    ORDER BY x.name;
$fn$;

COMMENT ON FUNCTION vecs._vector_indexes(regclass, text) IS
$doc$Return the indexes of a table on its column of vectors: index, name, method, measure, precision (full, half, binary), the filter of a partial one, whether it serves searches, the partition if it is one's own, and the partitions that have no valid index for the measure (NULL: none). A failed concurrent build leaves an index that is not valid.$doc$;

GRANT EXECUTE ON FUNCTION vecs._vector_indexes(regclass, text) TO PUBLIC;
