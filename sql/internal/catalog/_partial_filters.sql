-- _partial_filters: read from a partial index's comment which filter it was made for.

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
    SELECT substring(
        obj_description(_partial_filters.index_id, 'pg_class')
        FROM '^[{]"rows": [0-9]+, (?:"measure": "[a-z0-9_]+", )?'
            '(?:"candidates": [[][0-9., ]+[]], )?(?:"untried_build": "[0-9a-f]{7}", )?'
            '"partial_filters": ([{].*[}])[}]$'
    )::jsonb;
$fn$;

COMMENT ON FUNCTION vecs._partial_filters(regclass) IS
$doc$Return the filter of a partial index, which create_index() writes into its comment. NULL for other indexes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._partial_filters(regclass) TO PUBLIC;
