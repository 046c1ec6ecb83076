-- delete: delete rows by their ids or by a filter.
-- Locks the rows in the order of their ids, so that concurrent writers of the same rows cannot
-- deadlock.
--% from 'macros/errors.sql' import reraise, when_away with context
--% from 'macros/shards.sql' import shard_count
--% from 'macros/write.sql' import again_after_deadlock

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
SET standard_conforming_strings = on
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_collection record;
    v_key jsonb;
    v_predicate text;
    v_is_distributed boolean;
    v_statement text;
    v_deleted text[];
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection(collection, 'write');
        v_collection := vecs._collection(collection);
        PERFORM vecs._check_writable(v_collection.table_id);
        v_key := vecs._fields(v_collection.view_id, '{}'::jsonb) -> 'key';
        v_predicate := vecs._keys_predicate(v_key);
        IF ids IS NULL THEN
            v_predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
        ELSIF v_key IS NOT NULL THEN
            ids := vecs._readable_keys(ids, v_key);
        END IF;
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;

    IF (ids IS NULL) = (filters IS NULL) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = CASE
                WHEN ids IS NULL THEN 'either ids or filters must be given'
                ELSE 'either ids or filters must be given, not both'
            END,
            HINT = 'Select the rows with ids => or with filters =>.';
    -- {} or an empty $and, at any depth, has no condition and matches all rows.
    ELSIF v_predicate ~ '^([() ]|true|AND|OR)*$' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'filters must have a condition to delete rows',
            HINT = 'To delete all rows, call vecs.truncate_collection().';
    END IF;

    -- Citus has no locking clause for rows of many shards, but lets one after the other write them;
    -- and it does not delete from a view.
    v_is_distributed := {{ shard_count('v_collection.table_id') | indent(4) }} IS NOT NULL;
    v_statement := format(
        CASE WHEN v_is_distributed AND v_key IS NULL THEN $sql$
        WITH deleted AS (
            DELETE FROM %1$s AS t WHERE %2$s RETURNING t.id::text AS id
        )
        SELECT d.id FROM deleted AS d ORDER BY d.id COLLATE "C"
        $sql$
        WHEN v_is_distributed THEN $sql$
        WITH found AS MATERIALIZED (
            SELECT t.%3$I AS id FROM %1$s AS t WHERE %2$s
        ),
        deleted AS (
            DELETE FROM %5$s AS d
            USING found
            WHERE d.%6$I %4$s found.id
            RETURNING d.%6$I::text AS id
        )
        SELECT d.id FROM deleted AS d ORDER BY d.id COLLATE "C"
        $sql$
        ELSE $sql$
        WITH locked AS (
            SELECT t.%3$I AS id FROM %1$s AS t WHERE %2$s ORDER BY t.id COLLATE "C" FOR UPDATE
        )
        DELETE FROM %1$s AS d USING locked WHERE d.%3$I %4$s locked.id RETURNING d.id::text
        $sql$ END,
        v_collection.relation,
        v_predicate,
        CASE WHEN v_key IS NULL THEN 'id' ELSE '_id' END,
        vecs._field_sign(v_key, '='),
        v_collection.table_id,
        v_collection.id_column
    );
    IF v_is_distributed THEN
        BEGIN
            RETURN QUERY EXECUTE v_statement USING ids;
        EXCEPTION
            {{ when_away() | indent(12) }}
        END;
    ELSIF v_key IS NULL THEN
        RETURN QUERY EXECUTE v_statement USING ids;
    ELSE
        v_statement := format('WITH d (id) AS (%s) SELECT array_agg(d.id) FROM d', v_statement);
        {{ again_after_deadlock('EXECUTE v_statement INTO v_deleted USING ids;') | indent(8) }}
        RETURN QUERY SELECT u.id FROM unnest(v_deleted) AS u (id);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs.delete(text, text[], jsonb) IS
$doc$Delete rows by their ids or by a metadata filter, and return the ids that were deleted.

Requires the privileges SELECT, UPDATE and DELETE: UPDATE, because it locks the rows in the order of their ids, so that concurrent writers cannot deadlock.

Parameters:
  collection  the collection
  ids         the ids of the rows; ids that do not exist are ignored
  filters     instead of ids: a metadata filter, which must have a condition

Errors: VS001 invalid_argument if neither or both are given, or if the filter has no condition; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.delete(text, text[], jsonb) TO PUBLIC;
