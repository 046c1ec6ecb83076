-- _search_order: write the distance by which an index of some precision orders rows.
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._search_order(
    index_precision text,
    row_vec text,
    query_vec text,
    pgvector text,
    dimension integer,
    operator text
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT {{ search.order_by(
        '_search_order.index_precision', '_search_order.row_vec', '_search_order.query_vec',
        '_search_order.pgvector', '_search_order.dimension', '_search_order.operator'
    ) | indent(4) }};
$fn$;

COMMENT ON FUNCTION vecs._search_order(text, text, text, text, integer, text) IS
$doc$Return the distance between two vectors, which are SQL, by which an index of a precision (full, half, binary) orders rows, as SQL. pgvector is the prefix that names its schema.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_order(text, text, text, text, integer, text) TO PUBLIC;
