-- _reembed_dependents: list what belongs to a collection's table and cannot be carried over to
-- another one.
-- Carried over are indexes on id and metadata, vector indexes that searches use, privileges,
-- policies, storage parameters and the comment.

CREATE OR REPLACE FUNCTION vecs._reembed_dependents(
    table_id regclass
)
RETURNS SETOF text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    SELECT DISTINCT CASE
        -- A view depends by its rule.
        WHEN r.ev_class <> _reembed_dependents.table_id
            THEN pg_describe_object('pg_class'::regclass, r.ev_class, 0)
        ELSE pg_describe_object(d.classid, d.objid, d.objsubid)
    END
    FROM pg_depend AS d
    JOIN pg_class AS t ON t.oid = _reembed_dependents.table_id
    CROSS JOIN LATERAL (
        SELECT i.key IS NOT NULL FROM vecs._text_index(t.relname::text) AS i
    ) AS x (has_text)
    LEFT JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    WHERE d.deptype NOT IN ('i', 'P', 'S')
        AND (
            d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
            OR d.refclassid = 'pg_type'::regclass AND d.refobjid = t.reltype
        )
        AND NOT CASE d.classid
            WHEN 'pg_class'::regclass THEN d.objid IN (
                SELECT i.index_id
                FROM vecs._reembed_table_indexes(t.oid::regclass) AS i
                UNION ALL
                SELECT x.index_id
                FROM vecs._text_index(t.relname::text) AS x
                WHERE x.index_id IS NOT NULL
            )
            WHEN 'pg_constraint'::regclass THEN EXISTS (
                SELECT
                FROM pg_constraint AS k
                WHERE k.oid = d.objid AND k.conrelid = t.oid AND k.contype IN ('p', 'n')
            )
            WHEN 'pg_trigger'::regclass THEN EXISTS (
                SELECT FROM pg_trigger AS g WHERE g.oid = d.objid AND g.tgisinternal
            )
            WHEN 'pg_policy'::regclass THEN EXISTS (
                SELECT FROM pg_policy AS p WHERE p.oid = d.objid AND p.polrelid = t.oid
            )
            WHEN 'pg_attrdef'::regclass THEN EXISTS (
                SELECT
                FROM pg_attrdef AS f
                JOIN pg_attribute AS a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
                WHERE f.oid = d.objid
                    AND f.adrelid = t.oid
                    AND (a.attname = 'metadata' OR a.attname = '_text' AND x.has_text)
            )
            ELSE false
        END
    UNION
    SELECT format('column %I', a.attname)
    FROM pg_attribute AS a
    JOIN pg_class AS t ON t.oid = a.attrelid
    CROSS JOIN LATERAL vecs._text_index(t.relname::text) AS x
    WHERE a.attrelid = _reembed_dependents.table_id
        AND a.attnum > 0
        AND NOT a.attisdropped
        AND a.attname NOT IN ('id', 'vec', 'metadata')
        AND (a.attname <> '_text' OR x.key IS NULL);
$fn$;

COMMENT ON FUNCTION vecs._reembed_dependents(regclass) IS
$doc$Return descriptions of what depends on a table and would stay with it if another took its place: views, foreign keys in both directions, triggers, rules, constraints, other columns, indexes on these or of kinds that searches do not use, publications, functions that name its type.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_dependents(regclass) TO PUBLIC;
