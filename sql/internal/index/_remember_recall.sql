-- _remember_recall: search by a new index, and keep the recall with it, which tells later whether
-- it has grown old; of a partial hnsw index also how long the list of candidates has to be.
-- Most vectors that are searched with are not of a partial index's rows, and may lie far from all
-- of them: then a list of 40 finds .87 of the ten nearest of 7,989 glosses, and one of 160 finds
-- .98. So tune() searches it with vectors of the whole collection.

CREATE OR REPLACE FUNCTION vecs._remember_recall(
    collection text,
    measure text,
    index_id regclass,
    method text,
    filters jsonb,
    most_rows bigint
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_rows bigint := vecs._rows_when_built(index_id);
    v_sample bigint := least(
        CASE WHEN filters IS NULL THEN 10 ELSE 30 END, most_rows / greatest(v_rows, 1)
    );
    v_best record;
BEGIN
    -- After an update in the same transaction, searches cannot use the index yet.
    IF (SELECT i.indcheckxmin FROM pg_index AS i WHERE i.indexrelid = index_id)
        OR v_rows <= {{ costs.always_exact }}
        OR v_sample < 3
        OR row_security_active((vecs._collection(collection)).table_id)
    THEN
        RETURN;
    END IF;
    IF filters IS NULL OR method <> 'hnsw' THEN
        SELECT r.recall, NULL::integer AS ef_search INTO v_best
        FROM vecs.recall(
            collection, v_sample, 10::bigint, coalesce(filters, '{}'::jsonb), measure,
            NULL::bigint, NULL::bigint
        ) AS r;
    ELSE
        SELECT t.recall, t.ef_search INTO v_best
        FROM vecs.tune(
            collection, 0.98::double precision, 10::bigint, measure, filters, v_sample, false
        ) AS t
        WHERE t.ef_search <= 400
        ORDER BY t.chosen DESC, t.ef_search DESC
        LIMIT 1;
    END IF;
    PERFORM vecs._keep_with_index(index_id, jsonb_strip_nulls(jsonb_build_object(
        'recall', trim_scale(round(v_best.recall::numeric, 3)),
        'ef_search', CASE
            WHEN v_best.ef_search > {{ costs.list_size }} THEN v_best.ef_search
        END
    )));
EXCEPTION
    -- Whatever went wrong here, the index is built and valid.
    WHEN OTHERS THEN
        NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._remember_recall(text, text, regclass, text, jsonb, bigint) IS
$doc$Keep the recall for ten neighbours with a new index of a measure, a method and a filter (NULL: over all rows), measured on up to ten of the collection's vectors. By a partial hnsw index searches are tried until .98 are found by up to 30, and the length of the list is kept, too: {{ costs.list_size }} to 400. The exact searches compare up to most_rows rows in all. Nothing is done for an index of few rows, or of so many that three searches would compare more, or under row-level security.$doc$;

GRANT EXECUTE ON FUNCTION vecs._remember_recall(text, text, regclass, text, jsonb, bigint) TO PUBLIC;
