-- update_metadata: change the metadata of rows, by their ids or by a filter.
-- Locks the rows in the order of their ids, so that concurrent writers of the same rows cannot
-- deadlock.
--% from 'macros/errors.sql' import reraise with context
--% from 'macros/shards.sql' import shard_count
--% from 'macros/write.sql' import again_after_deadlock, check_changed with context

CREATE OR REPLACE FUNCTION vecs.update_metadata(
    collection text,
    patch jsonb,
    ids text[] DEFAULT NULL,
    filters jsonb DEFAULT NULL,
    mode text DEFAULT 'merge'
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_mode text := coalesce(mode, 'merge');
    v_collection record;
    v_predicate text := 't.id = ANY ($1)';
    -- Metadata that is not an object has no keys. Unless it is null, it is refused below.
    v_changed text := format(
        CASE v_mode
            WHEN 'merge' THEN '%1$s || $2'
            WHEN 'remove' THEN '%1$s - ARRAY(SELECT jsonb_array_elements_text($2))'
            ELSE '$2'
        END,
        'CASE WHEN jsonb_typeof(t.metadata) = ''object'' THEN t.metadata ELSE ''{}'' END'
    );
    v_matched bigint;
    v_not_an_object text;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection(collection, 'write');
        v_collection := vecs._collection(collection);
        IF ids IS NULL THEN
            v_predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
        END IF;
        PERFORM vecs._check_update(patch, ids, filters, v_mode);
        IF v_collection.view_id IS NOT NULL THEN
            {%- set update = 'vecs._update_adopted_rows(collection, ids, filters, patch, v_mode)' %}
            {{ again_after_deadlock('v_matched := ' ~ update ~ ';') | indent(12) }}
            RETURN v_matched;
        ELSIF {{ shard_count('v_collection.table_id') | indent(8) }} IS NOT NULL THEN
            RETURN vecs._update_on_shards(
                v_collection.table_id, v_predicate, v_changed, ids, patch, v_mode
            );
        END IF;
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;

    -- Compare after locking the row: the UPDATE itself would first look at the version in its
    -- snapshot, which may be older. As text, because for jsonb 1 and 1.0 are equal.
    EXECUTE format(
        $sql$
        WITH locked AS (
            SELECT
                t.id,
                jsonb_typeof(t.metadata) AS kind,
                t.metadata::text IS DISTINCT FROM (%3$s)::text AS changes
            FROM %1$s AS t
            WHERE %2$s
            ORDER BY t.id COLLATE "C"
            FOR NO KEY UPDATE
        ),
        written AS (
            UPDATE %1$s AS t
            SET metadata = %3$s
            FROM locked
            WHERE t.id = locked.id AND locked.changes
        )
        SELECT count(*), min(locked.id::text) FILTER (WHERE locked.kind NOT IN ('object', 'null'))
        FROM locked
        $sql$,
        v_collection.table_id, v_predicate, v_changed
    ) INTO v_matched, v_not_an_object USING ids, patch;

    {{ check_changed('v_mode') | indent(4) }}
    RETURN v_matched;
END
$fn$;

COMMENT ON FUNCTION vecs.update_metadata(text, jsonb, text[], jsonb, text) IS
$doc$Change the metadata of rows, selected by their ids or by a filter, and return the number of rows selected.

Modes:
  merge    the patch is an object; sets its keys and keeps the others. As with jsonb's operator ||, only at the top level: an object or a list under a key is replaced as a whole
  replace  the patch is an object and becomes the metadata
  remove   the patch is an array of top-level keys, which are removed

Rows that already are as the patch wants them are counted but not written. A changed row is written into every index of the collection. A call takes effect as a whole or not at all. Requires the privileges SELECT and UPDATE.

A call locks its rows in the order of their ids, so two single calls cannot deadlock with one another. Several calls in one transaction, or a load of several batches, can deadlock with others that write the same rows in another order. One of them then gets 40P01 and can be run again.

Parameters:
  collection  the collection
  patch       what to change
  ids         the ids of the rows; ids that do not exist are ignored
  filters     instead of ids: a metadata filter, see filter_sql(); {} matches all rows
  mode        merge, replace or remove; NULL: merge

Errors: VS001 invalid_argument if neither or both of ids and filters are given, for an unknown mode, for a patch that is NULL or of the wrong type, and in the modes merge and remove for a row whose metadata is neither an object nor null; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.update_metadata(text, jsonb, text[], jsonb, text) TO PUBLIC;
