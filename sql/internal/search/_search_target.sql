-- _search_target: look up what a search needs to know of a collection, in one query of the catalog.
-- Every search runs this whose index is not found by covering_index (sql/macros/search.sql): one of
-- ivfflat, of halfvecs, of another precision, or of partitions. Sequential scans are off, which the
-- planner prefers for a small catalog.
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._search_target(
    collection text,
    ops text,
    OUT relation text,
    OUT table_id regclass,
    OUT view_id regclass,
    OUT type regtype,
    OUT dimension integer,
    OUT method text,
    OUT index_precision text,
    OUT index_id oid
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record;
BEGIN
    -- A longer name would be truncated to 63 bytes and find another collection.
    IF octet_length(collection) BETWEEN 1 AND 63 AND NOT starts_with(collection, '_') THEN
        relation := format('vecs.%I', collection);
        SELECT c.oid, a.atttypid, a.atttypmod, x.method, x.index_precision, x.index_id
        INTO table_id, type, dimension, method, index_precision, index_id
        FROM pg_class AS c
        JOIN pg_attribute AS a
            ON a.attrelid = c.oid AND a.attname = 'vec' AND NOT a.attisdropped
        JOIN pg_attribute AS k
            ON k.attrelid = c.oid AND k.attname = 'id' AND NOT k.attisdropped
        LEFT JOIN LATERAL {{ search.covering_indexes('a') | indent(8) }}
            ON true
        WHERE c.oid = to_regclass(_search_target.relation) AND c.relkind IN ('r', 'p');
    END IF;

    IF table_id IS NULL THEN
        SELECT s.table_id, to_regclass(_search_target.relation), a.atttypid, a.atttypmod, x.method,
            x.index_precision, x.index_id
        INTO table_id, view_id, type, dimension, method, index_precision, index_id
        FROM vecs._source(to_regclass(_search_target.relation)::oid) AS s
        JOIN pg_attribute AS a ON a.attrelid = s.table_id AND a.attnum = s.vec_number
        LEFT JOIN LATERAL {{ search.covering_indexes('a') | indent(8) }}
            ON true;
    END IF;
    -- _collection() decides whether there is such a collection.
    IF table_id IS NULL THEN
        PERFORM vecs._collection(collection);
    ELSIF method IS NULL THEN
        v_collection := vecs._collection(collection);
        table_id := v_collection.table_id;
        -- Each partition may have an index of its own.
        IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = table_id AND c.relkind = 'p') THEN
            SELECT i.method, i.index_precision, i.index_id INTO method, index_precision, index_id
            FROM vecs._vector_indexes(table_id, v_collection.vec_column) AS i
            WHERE i.partition IS NOT NULL
                AND i.valid
                AND i.filters IS NULL
                AND i.measure = CASE ops
                --% for name, measure in measures.items()
                    WHEN '{{ measure.ops }}_ops' THEN '{{ name }}'
                --% endfor
                END
            LIMIT 1;
        END IF;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._search_target(text, text) IS
$doc$Return what a search needs to know of a collection: the relation to read as SQL text, the table with its rows, the view of an adopted table (NULL: it is not one), the type and dimension of its vectors, and the valid index with the operator class ops, with its access method and precision (full, half, binary).

method, index_precision and index_id are NULL if no index covers it. Raises VS001 invalid_argument for NULL and VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_target(text, text) TO PUBLIC;
