-- _restore_indexes: build the indexes that _set_aside_indexes() has dropped.
-- Where rows were replaced within their page (HOT), PostgreSQL uses an index only when transactions
-- that began before this one have ended; neither does this one. Then what candidates cost cannot be
-- measured, and what was measured before holds on. So does what tune() has kept.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs._restore_indexes(
    collection text,
    dropped jsonb
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
SET default_tablespace = ''
AS $fn$
DECLARE
    v_table regclass := (vecs._collection(collection)).table_id;
    v_schema text := vecs._schema(v_table);
    v_index record;
    v_name text;
    v_comment jsonb;
    v_detail text;
    v_hint text;
BEGIN
    -- The memory for a build is chosen by the number of rows. The statistics are of those before.
    PERFORM vecs._refresh_statistics(v_table);
    FOR v_index IN
        SELECT
            r.name, r.measure, r.method, r.arguments, coalesce(r.filters, '{}') AS filters,
            r.measured
        FROM jsonb_to_recordset(dropped -> 'indexes') AS r (
            name text, measure text, method text, arguments jsonb, filters jsonb, measured jsonb
        )
    LOOP
        v_name := vecs.create_index(
            collection, v_index.measure, v_index.method, v_index.arguments, true, false,
            v_index.filters
        );
        IF v_name <> v_index.name THEN
            EXECUTE format(
                'ALTER INDEX %s.%I RENAME TO %I', v_schema, v_name, v_index.name
            );
        END IF;
        v_comment := obj_description(
            to_regclass(format('%s.%I', v_schema, v_index.name)), 'pg_class'
        );
        IF NOT v_comment @> v_index.measured THEN
            v_comment := v_index.measured || v_comment || jsonb_strip_nulls(jsonb_build_object(
                'ef_search', greatest(
                    (v_index.measured ->> 'ef_search')::integer,
                    (v_comment ->> 'ef_search')::integer
                )
            ));
            EXECUTE format(
                'COMMENT ON INDEX %s.%I IS %L', v_schema, v_index.name, v_comment
            );
        END IF;
    END LOOP;
    PERFORM vecs._swap_settings(
        '{client_connection_check_interval}'::text[], ARRAY[dropped ->> 'check_interval']
    );
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._restore_indexes(text, jsonb) IS
$doc$Build the indexes of a collection that _set_aside_indexes() has dropped, with their names, and put back what that has set. dropped is what it returned.

Raises the errors of create_index().$doc$;

GRANT EXECUTE ON FUNCTION vecs._restore_indexes(text, jsonb) TO PUBLIC;
