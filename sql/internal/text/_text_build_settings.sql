-- _text_build_settings: choose the settings to rewrite a table with, together with its indexes.

CREATE OR REPLACE FUNCTION vecs._text_build_settings(
    collection text,
    OUT names text[],
    OUT settings text[]
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    SELECT b.names, b.settings INTO names, settings
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    CROSS JOIN LATERAL vecs._build_settings(
        vecs._vector_bytes(
            v_collection.element_type, i.index_precision, v_collection.dimension
        ),
        (vecs._index_parameters(i.index_id) ->> 'm')::integer,
        vecs._rows_to_index(v_collection.table_id),
        NULL::text,
        vecs._builds_at_once(v_collection.table_id)
    ) AS b
    ORDER BY b.memory_bytes DESC
    LIMIT 1;
END
$fn$;

COMMENT ON FUNCTION vecs._text_build_settings(text) IS
$doc$Return the names and values of the settings with which the largest vector index of a collection is built anew, see _build_settings(); NULL if it has none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_build_settings(text) TO PUBLIC;
