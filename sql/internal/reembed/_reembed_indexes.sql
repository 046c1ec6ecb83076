-- _reembed_indexes: build on a shadow the indexes that the collection has.
-- What is there already is left as it is, so that this can be repeated.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs._reembed_indexes(
    collection text,
    shadow text,
    run text,
    min_recall double precision
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_shadow record := vecs._collection(shadow);
    v_index record;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._reembed_lock_shadow(collection, shadow, run);
    FOR v_index IN
        SELECT
            i.is_unique, i.definition,
            regexp_match(vecs._indexed_path(i.index_id), '^(?:([a-z]+) )?(.*)$') AS path
        FROM vecs._reembed_table_indexes(v_collection.table_id) AS i
        WHERE NOT i.is_vector
    LOOP
        IF v_index.path IS NOT NULL THEN
            PERFORM vecs.create_metadata_index(
                shadow,
                NULL::text,
                ARRAY(SELECT jsonb_array_elements_text(v_index.path[2]::jsonb)),
                coalesce(v_index.path[1], 'value')
            );
        ELSIF NOT EXISTS (
            SELECT
            FROM vecs._reembed_table_indexes(v_shadow.table_id) AS s
            WHERE (s.is_unique, s.definition) = (v_index.is_unique, v_index.definition)
        ) THEN
            EXECUTE format(
                'CREATE %sINDEX ON %s USING %s',
                CASE WHEN v_index.is_unique THEN 'UNIQUE ' END,
                v_shadow.relation,
                v_index.definition
            );
        END IF;
    END LOOP;

    RETURN QUERY
    SELECT n.name FROM vecs._reembed_vector_indexes(collection, shadow, min_recall) AS n (name);
    PERFORM vecs._refresh_statistics(v_shadow.table_id);
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_indexes(text, text, text, double precision) IS
$doc$Build on a shadow the indexes on id and metadata that a collection has, and its vector indexes with their method, measure, parameters, precision and filter; return the names of these. A precision that the shadow's dimension does not allow becomes the one that it does.

Raises the errors of create_index() and of _reembed_lock_shadow().$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_indexes(text, text, text, double precision) TO PUBLIC;
