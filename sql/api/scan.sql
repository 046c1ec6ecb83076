-- scan: return one page of a collection's rows, in the order of their ids.
-- Orders by the id column in its own collation, so that the primary key's index serves both order
-- and start: a page deep in the collection costs as much as the first. Sequential scans are off: if
-- the planner cannot estimate a filter, such as a range on metadata, it would read and sort the
-- whole collection for each page.
--% from 'macros/errors.sql' import when_dropped, reraise with context

CREATE OR REPLACE FUNCTION vecs.scan(
    collection text,
    filters jsonb DEFAULT '{}',
    after text DEFAULT NULL,
    page_size bigint DEFAULT 100
)
RETURNS TABLE (
    id text,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
SET enable_seqscan = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_collection record;
    v_fields jsonb;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    PERFORM vecs._check_page_size(page_size);
    v_fields := vecs._fields(v_collection.view_id, '{}'::jsonb);
    PERFORM vecs._check_after(v_collection.view_id, v_fields, after);
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT t.id::text, t.vec::%2$svector, coalesce(t.metadata, '{}')
        FROM %1$s AS t
        WHERE (%3$s) AND %4$s
        ORDER BY t.%5$I
        LIMIT $2
        $sql$,
        v_collection.relation,
        v_collection.pgvector,
        vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id),
        vecs._after_predicate(v_fields -> 'key', after IS NOT NULL),
        CASE WHEN v_collection.view_id IS NULL THEN 'id' ELSE '_id' END
    ) USING after, coalesce(page_size, 100);
EXCEPTION
    {{ reraise() | indent(4) }}
    {{ when_dropped('collection') | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.scan(text, jsonb, text, bigint) IS
$doc$Return one page of a collection's rows, in the order of their ids.

Call it first without after, then each time with the id of the last row, until a page has fewer rows than page_size. The primary key's index finds the start of a page, so the last page costs as much as the first. A row that exists throughout is returned exactly once, whatever is written between the pages. The order is that of the id column's collation, which is the database's unless the table was created with another one; ORDER BY id gives the same order.

Parameters:
  collection  the collection
  filters     a metadata filter, see filter_sql(); {} matches all rows
  after       return rows whose ids come after this one, which need not exist; NULL: from the beginning
  page_size   the maximum number of rows; NULL: 100

Errors: VS001 invalid_argument for a NULL collection, a page_size below 1, or an after that the key of an adopted table cannot be; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.scan(text, jsonb, text, bigint) TO PUBLIC;
