-- delete: delete rows by their ids or by a filter.
-- Locks the rows in the order of their ids, so that concurrent writers of the same rows cannot
-- deadlock.
--% from 'macros/errors.sql' import raise_again

CREATE OR REPLACE FUNCTION vecs.delete(
    collection text,
    ids text[] DEFAULT NULL,
    filters jsonb DEFAULT NULL
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_collection record;
    v_predicate text := 't.id = ANY ($1)';
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock(collection, 'write');
        v_collection := vecs._collection(collection);
        IF ids IS NULL THEN
            v_predicate := vecs._filter_sql(filters, v_collection.table_id);
        END IF;
    EXCEPTION
        {{ raise_again() | indent(8) }}
    END;

    IF (ids IS NULL) = (filters IS NULL) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = CASE
                WHEN ids IS NULL THEN 'either ids or filters must be given'
                ELSE 'either ids or filters must be given, not both'
            END,
            HINT = 'Name the rows by ids => or by filters =>.';
    -- {}, or an empty $and, however deep: what matches all rows by having no condition.
    ELSIF v_predicate ~ '^([() ]|true|AND|OR)*$' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'filters of delete must not be empty',
            HINT = 'To empty a collection call vecs.truncate_collection().';
    END IF;

    RETURN QUERY EXECUTE format(
        $sql$
        WITH locked AS (
            SELECT t.id FROM %1$s AS t WHERE %2$s ORDER BY t.id COLLATE "C" FOR UPDATE
        )
        DELETE FROM %1$s AS d USING locked WHERE d.id = locked.id RETURNING d.id::text
        $sql$,
        v_collection.table_id, v_predicate
    ) USING ids;
END
$fn$;

COMMENT ON FUNCTION vecs.delete(text, text[], jsonb) IS
$doc$Delete rows by their ids or by a metadata filter; returns the ids that were deleted.

Needs the privileges SELECT, UPDATE (it locks the rows in the order of their ids, so that concurrent writers cannot deadlock) and DELETE.

Parameters:
  collection  the collection
  ids         the ids of the rows; those that do not exist are passed over
  filters     or: a metadata filter, which must have a condition

Errors: VS001 invalid_argument where neither or both are given, or the filter has no condition; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.delete(text, text[], jsonb) TO PUBLIC;
