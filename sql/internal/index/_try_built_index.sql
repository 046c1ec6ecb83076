-- _try_built_index: try an index that was built concurrently, when those that it replaces are gone.
-- Takes SHARE UPDATE EXCLUSIVE on the index, for its comment.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs._try_built_index(
    collection text,
    measure text,
    mark text
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
    v_collection record := vecs._collection(collection);
    v_index record;
    v_tried record;
    v_comment jsonb;
    v_detail text;
    v_hint text;
BEGIN
    SELECT i.index_id, i.name, i.index_precision, i.filters, d.comment
    INTO v_index
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    CROSS JOIN LATERAL obj_description(i.index_id, 'pg_class') AS d (comment)
    WHERE i.measure = _try_built_index.measure
        AND i.valid
        AND strpos(d.comment, format('"untried_build": "%s"', mark)) > 0;
    -- It was not built.
    IF NOT FOUND THEN
        RETURN;
    END IF;
    v_tried := vecs._try_index(
        collection, measure, v_index.index_id, v_index.index_precision, v_index.filters
    );
    v_comment := v_index.comment::jsonb - 'untried_build';
    IF v_tried.candidate_costs IS NOT NULL THEN
        v_comment := v_comment || jsonb_build_object('candidates', v_tried.candidate_costs);
    END IF;
    EXECUTE format(
        'COMMENT ON INDEX %s.%I IS %L',
        vecs._schema(v_collection.table_id), v_index.name, v_comment
    );
    PERFORM vecs._remember_recall(
        collection, measure, v_index.index_id, 'hnsw'::text, v_index.filters, 10000000::bigint
    );
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._try_built_index(text, text, text) IS
$doc$Search by a new hnsw index that _finish_index() has marked as untried, as _try_index() does, and write what that measured into the index's comment, without the mark. Does nothing if there is no such index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._try_built_index(text, text, text) TO PUBLIC;
