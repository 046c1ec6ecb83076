-- _partial_filters: read from a partial index's comment which filter it was made for.
--% import 'macros/index_comment.sql' as index_comment with context

CREATE OR REPLACE FUNCTION vecs._partial_filters(
    index_id regclass
)
RETURNS jsonb
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT {{ index_comment.partial_filters('d.comment') | indent(4) }}::jsonb
    FROM obj_description(_partial_filters.index_id, 'pg_class') AS d (comment);
$fn$;

COMMENT ON FUNCTION vecs._partial_filters(regclass) IS
$doc$Return the filter of a partial index, which create_index() writes into its comment. NULL for other indexes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._partial_filters(regclass) TO PUBLIC;
