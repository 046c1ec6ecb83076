-- _index_name: name a vector index.
-- The form is that of the vecs client, which recognizes its indexes by it. The last part, random
-- there, is a hash of the collection's name here. A partial index has another form, so that the
-- client does not take it for one over all rows.

CREATE OR REPLACE FUNCTION vecs._index_name(
    collection text,
    element_type text,
    ops text,
    label text,
    filters jsonb
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT format(
        CASE
            WHEN _index_name.filters IS NULL THEN 'ix_vector_%s_ops_%s_%s'
            ELSE 'ix_partial_%s_ops_%s_%4$s_%3$s'
        END,
        _index_name.ops,
        _index_name.label,
        vecs._name_hash(_index_name.element_type, _index_name.collection),
        left(md5(_index_name.filters::text), 7)
    );
$fn$;

COMMENT ON FUNCTION vecs._index_name(text, text, text, text, jsonb) IS
$doc$Return the name of a vector index, from the collection, its element type, an operator class (cosine, l2, ip, l1) a label such as hnsw_m16_efc64, and the filter of a partial index (NULL: none).$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_name(text, text, text, text, jsonb) TO PUBLIC;
