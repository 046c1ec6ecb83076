-- _reembed_table_indexes: list the indexes of a table that can be built on another one.

CREATE OR REPLACE FUNCTION vecs._reembed_table_indexes(
    table_id regclass
)
RETURNS TABLE (
    index_id regclass,
    is_vector boolean,
    is_unique boolean,
    definition text
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    SELECT v.index_id, true, false, NULL::text
    FROM vecs._vector_indexes(_reembed_table_indexes.table_id, 'vec') AS v
    WHERE v.partition IS NULL
    UNION ALL
    SELECT i.indexrelid::regclass, false, i.indisunique, x.parts[2]
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_class AS t ON t.oid = i.indrelid
    CROSS JOIN LATERAL (
        -- What follows the names, which may contain anything.
        SELECT ARRAY[p.prefix, substr(pg_get_indexdef(i.indexrelid), length(p.prefix) + 1)]
        FROM (
            SELECT format(
                'CREATE %sINDEX %I ON vecs.%I USING ',
                CASE WHEN i.indisunique THEN 'UNIQUE ' END, c.relname, t.relname
            )
        ) AS p (prefix)
    ) AS x (parts)
    WHERE i.indrelid = _reembed_table_indexes.table_id
        AND i.indisvalid
        AND NOT i.indisprimary
        AND starts_with(pg_get_indexdef(i.indexrelid), x.parts[1])
        AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
        AND NOT EXISTS (
            SELECT
            FROM pg_depend AS d
            JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = 'pg_class'::regclass
                AND d.objid = i.indexrelid
                AND d.refclassid = 'pg_class'::regclass
                AND d.refobjid = i.indrelid
                AND a.attname NOT IN ('id', 'metadata')
        );
$fn$;

COMMENT ON FUNCTION vecs._reembed_table_indexes(regclass) IS
$doc$Return the indexes of a collection's table that can be built on another one: the vector indexes that searches use; and with what follows USING in their definition, those that involve no column but id and metadata.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_table_indexes(regclass) TO PUBLIC;
