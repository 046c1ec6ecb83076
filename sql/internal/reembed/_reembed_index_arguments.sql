-- _reembed_index_arguments: put together the arguments of create_index() for an index like another.

CREATE OR REPLACE FUNCTION vecs._reembed_index_arguments(
    index_id regclass,
    index_precision text,
    element_type text,
    dimension integer,
    min_recall double precision
)
RETURNS jsonb
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT vecs._index_parameters(_reembed_index_arguments.index_id) || CASE
        WHEN _reembed_index_arguments.dimension <= CASE
            WHEN _reembed_index_arguments.index_precision = 'binary' THEN 16000
            WHEN _reembed_index_arguments.index_precision = 'half' THEN 4000
            WHEN _reembed_index_arguments.element_type = 'halfvec' THEN 4000
            ELSE 2000
        END THEN jsonb_build_object('precision', _reembed_index_arguments.index_precision)
        ELSE '{}'
    END || CASE _reembed_index_arguments.index_precision
        WHEN 'binary'
            THEN jsonb_build_object('min_recall', _reembed_index_arguments.min_recall)
        ELSE '{}'
    END;
$fn$;

COMMENT ON FUNCTION vecs._reembed_index_arguments(regclass, text, text, integer, double precision) IS
$doc$Return the arguments of create_index() that build an index with the parameters and the precision of another, as far as the dimension allows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_index_arguments(regclass, text, text, integer, double precision) TO PUBLIC;
