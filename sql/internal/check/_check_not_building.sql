-- _check_not_building: refuse to wait for an index that is being built concurrently.
-- At its end that build waits for every older transaction. One that waits for the build's own lock
-- would be a deadlock, which PostgreSQL ends by giving up the build.
--% from 'macros/builds.sql' import is_building with context

CREATE OR REPLACE FUNCTION vecs._check_not_building(
    collection text,
    table_id regclass
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- Else a transaction would see the same at each call.
    PERFORM pg_stat_clear_snapshot();
    IF {{ is_building('table_id') | indent(4) }} THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_in_use',
            MESSAGE = format('an index of collection "%s" is being built concurrently', collection),
            HINT = format(
                'Try again when it is done: SELECT * FROM vecs.index_progress(%L);', collection
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_not_building(text, regclass) IS
$doc$Raise 55006 object_in_use if another session builds an index of a table concurrently: by create_index_sql(), or by a statement of its own, as far as the role may see that.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_not_building(text, regclass) TO PUBLIC;
