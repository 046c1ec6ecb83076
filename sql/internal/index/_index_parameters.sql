-- _index_parameters: read the parameters of a vector index.

CREATE OR REPLACE FUNCTION vecs._index_parameters(
    index_id regclass
)
RETURNS jsonb
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT coalesce(jsonb_object_agg(o.option_name, o.option_value::integer), '{}')
    FROM pg_class AS c
    CROSS JOIN LATERAL pg_options_to_table(c.reloptions) AS o
    WHERE c.oid = _index_parameters.index_id;
$fn$;

COMMENT ON FUNCTION vecs._index_parameters(regclass) IS
$doc$Return m and ef_construction, or lists, of an index, as numbers. Those that CREATE INDEX did not name are not there; pgvector's defaults hold for them.$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_parameters(regclass) TO PUBLIC;
