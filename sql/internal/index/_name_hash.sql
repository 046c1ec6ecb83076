-- _name_hash: make the part of a vector index's name that stands for its collection.

CREATE OR REPLACE FUNCTION vecs._name_hash(
    element_type text,
    collection text
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT left(
        md5(concat(nullif(_name_hash.element_type, 'vector'), _name_hash.collection)), 7
    );
$fn$;

COMMENT ON FUNCTION vecs._name_hash(text, text) IS
$doc$Return the seven hexadecimal digits that stand for a collection of an element type in the name of an index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._name_hash(text, text) TO PUBLIC;
