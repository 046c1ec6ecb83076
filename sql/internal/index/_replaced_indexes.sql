-- _replaced_indexes: list the indexes that a new one of the same measure and filter replaces.
-- An index that the owner of an adopted table made is not replaced behind their back.

CREATE OR REPLACE FUNCTION vecs._replaced_indexes(
    collection text,
    measure text,
    method text,
    filters jsonb,
    replace boolean,
    OUT replaced text[],
    OUT kept text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    replaced := ARRAY(
        SELECT i.name
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        WHERE i.measure = _replaced_indexes.measure
            AND i.filters IS NOT DISTINCT FROM _replaced_indexes.filters
            AND i.partition IS NULL
    );
    IF replace IS FALSE AND EXISTS (
        SELECT
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        WHERE i.name = ANY (replaced) AND i.valid AND i.name !~ '_new[0-9a-f]{7}$'
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_already_exists.sqlstate }}',
            MESSAGE = format(
                'collection "%s" has an index for %s: %s',
                collection,
                measure,
                (
                    SELECT string_agg(
                        format('%s.%I', vecs._schema(v_collection.table_id), r.name), ', '
                    )
                    FROM unnest(replaced) AS r (name)
                )
            ),
            HINT = 'Pass replace => true to replace it.';
    END IF;

    SELECT i.name INTO _replaced_indexes.kept
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    WHERE v_collection.view_id IS NOT NULL
        AND i.measure = _replaced_indexes.measure
        AND i.filters IS NULL
        AND i.valid
        AND vecs._rows_when_built(i.index_id) IS NULL
    LIMIT 1;
    IF kept IS NOT NULL AND method <> 'auto' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_already_exists.sqlstate }}',
            MESSAGE = format(
                'table "%s" has an index for %s that create_index() did not make: %s',
                v_collection.table_id, measure, kept
            ),
            HINT = format(
                'Searches use it. To have another, drop this one of yours first, with'
                ' vecs.drop_index(%L, %L).',
                collection, measure
            );
    END IF;
    replaced := replaced || ARRAY(
        SELECT b.name
        FROM vecs._broken_indexes(v_collection.table_id) AS b (name)
        WHERE b.name <> ALL (replaced)
    );
END
$fn$;

COMMENT ON FUNCTION vecs._replaced_indexes(text, text, text, jsonb, boolean) IS
$doc$Return the names of the indexes that a new one for a measure and a filter (NULL: over all rows) replaces, and of those that broken-off builds have left; and the one of an adopted table's owner that makes it needless.

Raises VS006 index_already_exists if replace is false and there are any, and beside an owner's index unless the method is auto.$doc$;

GRANT EXECUTE ON FUNCTION vecs._replaced_indexes(text, text, text, jsonb, boolean) TO PUBLIC;
