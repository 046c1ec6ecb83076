-- facet: count the rows by the values of one key.
-- Lists are taken apart after equal ones were counted, which shards do for themselves.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.facet(
    collection text,
    key text,
    filters jsonb DEFAULT '{}',
    top_k bigint DEFAULT 10
)
RETURNS TABLE (
    value jsonb,
    rows bigint
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $fn$
DECLARE
    v_collection record;
    v_predicate text;
    v_value text := 't.metadata -> $1';
    v_statement text;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    IF key IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'key must not be null',
            HINT = 'Name a key of the metadata.';
    END IF;
    PERFORM vecs._check_search(
        false, coalesce(top_k, 10), 0::bigint, 'cosine_distance'::text, NULL::double precision,
        NULL::bigint, NULL::bigint, 'auto'::text
    );
    v_predicate := vecs._filter_sql(
        nullif(filters, '{}'), v_collection.table_id, v_collection.view_id
    );
    IF vecs._fields(v_collection.view_id, NULL::jsonb) -> 'fields' ? key THEN
        v_value := format('to_jsonb(t.%I)', key);
    END IF;
    v_statement := format(
        $sql$
        SELECT e.value, sum(k.rows)::bigint
        FROM (SELECT %s AS value, count(*) AS rows FROM %s AS t%s GROUP BY 1) AS k
        CROSS JOIN LATERAL (
            SELECT k.value WHERE jsonb_typeof(k.value) <> 'array'
            UNION ALL
            SELECT DISTINCT a.value
            FROM jsonb_array_elements(
                CASE WHEN jsonb_typeof(k.value) = 'array' THEN k.value END
            ) AS a (value)
        ) AS e
        GROUP BY 1
        ORDER BY 2 DESC, 1
        LIMIT $2
        $sql$,
        v_value, v_collection.relation, ' WHERE ' || v_predicate
    );
    RETURN QUERY EXECUTE v_statement USING key, coalesce(top_k, 10);
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.facet(text, text, jsonb, bigint) IS
$doc$Count the rows that match a metadata filter by the values that they have under a key, and return the most frequent values, ordered by the number of rows, then value.

Each element of an array is a value of its own, and counts once for a row. A stored null is a value; rows without the key are not counted. The numbers are exact: all matching rows are read.

Parameters:
  collection  the collection
  key         the key, literally; of an adopted table also a field
  filters     a metadata filter, see filter_sql(); {} matches all rows
  top_k       the number of values to return

Errors: VS001 invalid_argument for a NULL collection or key, and for a negative top_k; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.facet(text, text, jsonb, bigint) TO PUBLIC;
