-- _index_name: name a vector index.
-- The form is that of the vecs client, which recognizes its indexes by it. The last part, random
-- there, is a hash of the collection's name here.

CREATE OR REPLACE FUNCTION vecs._index_name(
    collection text,
    element_type text,
    ops text,
    label text
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT format(
        'ix_vector_%s_ops_%s_%s',
        _index_name.ops,
        _index_name.label,
        left(md5(concat(nullif(_index_name.element_type, 'vector'), _index_name.collection)), 7)
    );
$fn$;

COMMENT ON FUNCTION vecs._index_name(text, text, text, text) IS
$doc$Return the name of a vector index, from the collection, its element type, an operator class (cosine, l2, ip, l1) and a label such as hnsw_m16_efc64.$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_name(text, text, text, text) TO PUBLIC;
