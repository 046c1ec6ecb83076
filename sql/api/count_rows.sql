-- count_rows: count the rows of a collection that match a filter.
--% from 'macros/errors.sql' import when_dropped, reraise with context

CREATE OR REPLACE FUNCTION vecs.count_rows(
    collection text,
    filters jsonb DEFAULT '{}'
)
RETURNS bigint
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_collection record;
    v_count bigint;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    EXECUTE format(
        $sql$SELECT count(*) FROM %s AS t WHERE %s$sql$,
        v_collection.relation,
        vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id)
    ) INTO v_count;
    RETURN v_count;
EXCEPTION
    {{ reraise() | indent(4) }}
    {{ when_dropped('collection') | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.count_rows(text, jsonb) IS
$doc$Count the rows of a collection that match a filter.

The count is exact. list_collections() estimates faster.

Parameters:
  collection  the collection
  filters     a metadata filter, see filter_sql(); {} matches all rows

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.count_rows(text, jsonb) TO PUBLIC;
