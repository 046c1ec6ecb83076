-- _measured_when_built: read from an index's comment what create_index() and tune() measured.
--% import 'macros/index_comment.sql' as index_comment with context

CREATE OR REPLACE FUNCTION vecs._measured_when_built(
    index_id regclass
)
RETURNS jsonb
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'recall_when_built',
        {{ index_comment.measured('d.comment', 'recall') | indent(8) }}::numeric,
        'ef_search', {{ index_comment.measured('d.comment', 'ef_search') | indent(8) }}::integer,
        'probes', {{ index_comment.measured('d.comment', 'probes') | indent(8) }}::integer
    ))
    FROM obj_description(_measured_when_built.index_id, 'pg_class') AS d (comment);
$fn$;

COMMENT ON FUNCTION vecs._measured_when_built(regclass) IS
$doc$Return what was measured of an index and is in its comment: recall_when_built, and ef_search or probes, where they were kept. {} for an index that create_index() did not build.$doc$;

GRANT EXECUTE ON FUNCTION vecs._measured_when_built(regclass) TO PUBLIC;
