-- _keep_with_index: write into the comment of an index what was measured of it.
-- Searches read ef_search and probes from there.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs._keep_with_index(
    index_id regclass,
    measured jsonb
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_comment jsonb;
BEGIN
    -- Another comment is its owner's.
    IF vecs._rows_when_built(index_id) IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format('nothing can be kept with the index %s', index_id),
            DETAIL = 'Its comment is not one that create_index() wrote.',
            HINT = 'Build it with vecs.create_index(), or pass ef_search or probes to each search.';
    END IF;
    v_comment := obj_description(index_id, 'pg_class')::jsonb || measured;
    EXECUTE format('COMMENT ON INDEX %s IS %L', index_id, v_comment);
END
$fn$;

COMMENT ON FUNCTION vecs._keep_with_index(regclass, jsonb) IS
$doc$Keep what was measured with an index: recall, and the ef_search or probes that searches use which name none.

Raises VS008 unsupported for an index that create_index() did not build.$doc$;

GRANT EXECUTE ON FUNCTION vecs._keep_with_index(regclass, jsonb) TO PUBLIC;
