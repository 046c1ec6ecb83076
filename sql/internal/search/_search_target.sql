-- _search_target: look up what a search needs to know of a collection, in one query of the catalog.
-- Every query runs this. Sequential scans are off, which the planner prefers for a small catalog.

CREATE OR REPLACE FUNCTION vecs._search_target(
    collection text,
    ops text,
    OUT table_id regclass,
    OUT type regtype,
    OUT dimension integer,
    OUT row_count double precision,
    OUT method text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $fn$
BEGIN
    -- A longer name would be truncated to 63 bytes and find another collection.
    IF collection IS NULL
        OR octet_length(collection) NOT BETWEEN 1 AND 63
        OR starts_with(collection, '_')
    THEN
        RETURN;
    END IF;
    table_id := to_regclass(format('vecs.%I', collection));

    SELECT a.atttypid, a.atttypmod, c.reltuples, x.method INTO type, dimension, row_count, method
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_attribute AS k ON k.attrelid = a.attrelid AND k.attname = 'id' AND NOT k.attisdropped
    LEFT JOIN LATERAL (
        SELECT m.amname AS method
        FROM pg_index AS i
        JOIN pg_opclass AS o ON o.oid = i.indclass[0]
        JOIN pg_am AS m ON m.oid = o.opcmethod
        WHERE i.indrelid = a.attrelid
            AND i.indkey[0] = a.attnum
            AND i.indisvalid
            AND i.indpred IS NULL
            AND o.opcname IN ('vector_' || ops COLLATE "C", 'halfvec_' || ops COLLATE "C")
        ORDER BY m.amname
        LIMIT 1
    ) AS x ON true
    WHERE a.attrelid = table_id AND a.attname = 'vec' AND NOT a.attisdropped;
END
$fn$;

COMMENT ON FUNCTION vecs._search_target(text, text) IS
$doc$Return what a search needs to know of a collection: its table, the type and dimension of its vectors, its number of rows at the last ANALYZE (-1: there was none), and the access method of the valid index with the operator class ops.

method is NULL if no index covers it, or if there is no such collection; _collection() then tells which.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_target(text, text) TO PUBLIC;
