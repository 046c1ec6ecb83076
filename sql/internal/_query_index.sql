-- _query_index: the commonest search, without a filter and by an hnsw index, at the least cost.

CREATE OR REPLACE FUNCTION vecs._query_index(
    collection text,
    query_vec vector,
    top_k integer,
    measure text,
    include_metadata boolean,
    include_vec boolean
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_found integer;
BEGIN
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT t.id::text, t.vec OPERATOR(%1$s%2$s) $1, %3$s, %4$s
        FROM vecs.%5$I AS t
        ORDER BY 2
        LIMIT $2
        $sql$,
        -- "schema." of pgvector: its types are not in the search path, so that their names are
        -- shown qualified.
        left(pg_typeof(query_vec)::text, -length('vector')),
        CASE measure
        --% for name, measure in measures.items()
            WHEN '{{ name }}' THEN '{{ measure.operator }}'
        --% endfor
        END,
        -- The result's own columns, still NULL here, stand in for what is not asked for.
        CASE WHEN include_vec THEN 't.vec' ELSE '$3' END,
        CASE WHEN include_metadata IS FALSE THEN '$4' ELSE 't.metadata' END,
        collection
    ) USING query_vec, top_k, vec, metadata;
    GET DIAGNOSTICS v_found = ROW_COUNT;

    IF v_found < top_k THEN
        RAISE EXCEPTION USING ERRCODE = 'VS000', MESSAGE = 'search again, with care';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._query_index(text, vector, integer, text, boolean, boolean) IS
$doc$The nearest rows by the hnsw index of a collection of the type vector, without a filter; not yet ordered where distances tie.

Raises VS000, which query() alone sees, where less than top_k rows come back.$doc$;

GRANT EXECUTE ON FUNCTION vecs._query_index(text, vector, integer, text, boolean, boolean) TO PUBLIC;
