-- update_metadata: change the metadata of rows, by their ids or by a filter.
-- Locks the rows in the order of their ids, so that concurrent writers of the same rows cannot
-- deadlock.
--% from 'macros/errors.sql' import raise_again

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
    -- What is not an object has no keys; it is refused below, but for null.
    v_changed text := format(
        CASE v_mode
            WHEN 'merge' THEN '%1$s || $2'
            WHEN 'remove' THEN '%1$s - ARRAY(SELECT jsonb_array_elements_text($2))'
            ELSE '$2'
        END,
        'CASE jsonb_typeof(t.metadata) WHEN ''object'' THEN t.metadata ELSE ''{}'' END'
    );
    v_matched bigint;
    v_odd text;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock(collection, 'write');
        v_collection := vecs._collection(collection);
        IF ids IS NULL THEN
            v_predicate := vecs._filter_sql(filters, v_collection.table_id);
        END IF;
        PERFORM vecs._check_update(patch, ids, filters, v_mode);
    EXCEPTION
        {{ raise_again() | indent(8) }}
    END;

    -- Whether a row changes is asked of it once it is locked: the UPDATE would first ask the
    -- version that it sees, which may be older. As text, since for jsonb 1 and 1.0 are equal.
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
    ) INTO v_matched, v_odd USING ids, patch;

    IF v_odd IS NOT NULL AND v_mode <> 'replace' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('the metadata of id "%s" is not an object', left(v_odd, 100)),
            HINT = 'Give it an object with mode => ''replace'' first.';
    END IF;
    RETURN v_matched;
END
$fn$;

COMMENT ON FUNCTION vecs.update_metadata(text, jsonb, text[], jsonb, text) IS
$doc$Change the metadata of rows, by their ids or by a filter; returns how many rows there were to change.

Modes:
  merge    the patch is an object, and its keys are set; the others stay. As the operator || of jsonb: at the top level, so that an object or a list under a key is replaced whole
  replace  the patch is an object, and becomes the metadata
  remove   the patch is an array of keys at the top level, which are removed where they are

Rows that are as the patch wants them are counted and not written. One that changes is written anew, into every index of the collection. The whole call or nothing. Needs the privileges SELECT and UPDATE. One call locks its rows in the order of their ids: two calls that each stand alone in a transaction do not deadlock with one another. Several calls in one transaction, or loads that write several batches, can deadlock with others that touch the same rows in another order; one of the two then gets 40P01 and can be run again.

Parameters:
  collection  the collection
  patch       what to change
  ids         the ids of the rows; those that do not exist are passed over
  filters     or: a metadata filter, see filter_sql(); {} matches all rows
  mode        merge, replace or remove; NULL: merge

Errors: VS001 invalid_argument where neither or both of ids and filters are given, for an unknown mode, a patch that is NULL or of another form, and in the modes merge and remove for a row whose stored metadata is neither an object nor null; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.update_metadata(text, jsonb, text[], jsonb, text) TO PUBLIC;
