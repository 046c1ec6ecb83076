-- delete: delete rows by their ids or by a filter.
-- Locks the rows in the order of their ids, so that concurrent writers of the same rows can not
-- deadlock.

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
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_predicate text := CASE
        WHEN ids IS NULL THEN vecs._filter_sql(filters, v_collection.table_id)
        ELSE 't.id = ANY ($1)'
    END;
BEGIN
    IF (ids IS NULL) = (filters IS NULL) THEN
        PERFORM vecs._raise(
            'invalid_argument',
            CASE
                WHEN ids IS NULL THEN 'either ids or filters must be given'
                ELSE 'either ids or filters must be given, not both'
            END,
            'Name the rows by ids => or by filters =>.'
        );
    -- {}, or an empty $and, however deep: what matches all rows by having no condition.
    ELSIF v_predicate ~ '^([() ]|true|AND|OR)*$' THEN
        PERFORM vecs._raise(
            'invalid_argument',
            'filters of delete must not be empty',
            'To empty a collection call vecs.truncate_collection().'
        );
    END IF;

    -- FOR UPDATE alone takes a lock on the table that create_index() lets pass, and would wait for
    -- the stronger one of DELETE with it, while create_index() waits for it to go: the stronger
    -- first. (LOCK TABLE asks for more privileges.)
    EXECUTE format('EXPLAIN DELETE FROM %s WHERE false', v_collection.table_id);

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

Needs the privileges SELECT, UPDATE (it locks the rows in the order of their ids, so that concurrent writers can not deadlock) and DELETE.

Parameters:
  collection  the collection
  ids         the ids of the rows; those that do not exist are passed over
  filters     or: a metadata filter, which must have a condition

Errors: VS001 invalid_argument where neither or both are given, or the filter has no condition; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.delete(text, text[], jsonb) TO PUBLIC;
