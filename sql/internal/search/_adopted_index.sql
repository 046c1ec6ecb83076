-- _adopted_index: look up the table behind a view, and its vector index for a measure.
-- A view depends on the columns that it refers to, so that its rule, which is long, need not be
-- read. Every search of an adopted table calls this. Sequential scans are off, which the planner
-- prefers for a small catalog.

CREATE OR REPLACE FUNCTION vecs._adopted_index(
    relation_id regclass,
    ops text,
    vec_type regtype,
    OUT view_id regclass,
    OUT table_id regclass,
    OUT dimension integer,
    OUT index_id oid
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $fn$
DECLARE
    v_rule oid;
BEGIN
    SELECT r.oid, r.ev_class, d.refobjid INTO v_rule, view_id, table_id
    FROM pg_rewrite AS r
    JOIN pg_depend AS d
        ON d.classid = 'pg_rewrite'::regclass
        AND d.objid = r.oid
        AND d.refclassid = 'pg_class'::regclass
        AND d.refobjsubid > 0
        AND d.refobjid <> r.ev_class
    WHERE r.ev_class = relation_id AND r.rulename = '_RETURN'
    LIMIT 1;
    IF view_id IS NULL THEN
        RETURN;
    END IF;

    SELECT a.atttypmod, i.indexrelid INTO dimension, index_id
    FROM pg_index AS i
    JOIN pg_attribute AS a
        ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] AND a.atttypid = vec_type
    WHERE i.indrelid = table_id
        AND i.indisvalid
        AND i.indpred IS NULL
        AND i.indclass[0] = ANY (ARRAY(
            SELECT o.oid
            FROM pg_am AS m
            JOIN pg_opclass AS o ON o.opcmethod = m.oid AND o.opcname = 'vector_' || ops COLLATE "C"
            WHERE m.amname = 'hnsw'
        ))
        AND EXISTS (
            SELECT
            FROM pg_depend AS d
            WHERE d.classid = 'pg_rewrite'::regclass
                AND d.objid = v_rule
                AND d.refclassid = 'pg_class'::regclass
                AND d.refobjid = i.indrelid
                AND d.refobjsubid = a.attnum
        )
    LIMIT 1;
END
$fn$;

COMMENT ON FUNCTION vecs._adopted_index(regclass, text, regtype) IS
$doc$Return the view of an adopted table, the table, and, if its vectors are of a type and a valid hnsw index with the operator class ops is on them, their dimension and that index. No values for a table.$doc$;

GRANT EXECUTE ON FUNCTION vecs._adopted_index(regclass, text, regtype) TO PUBLIC;
