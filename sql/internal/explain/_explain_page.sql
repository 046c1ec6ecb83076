-- _explain_page: describe the search for a page below the first.
-- It runs the searches of _search_page().
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._explain_page(
    collection text,
    query_vec vector,
    top_k bigint,
    filters jsonb,
    measure text,
    max_distance double precision,
    ef_search bigint,
    probes bigint,
    strategy text,
    skip bigint
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_messages text := current_setting('client_min_messages');
    v_size bigint := top_k + CASE WHEN strategy = 'exact' THEN skip ELSE 0 END;
    v_explained jsonb;
    v_found bigint;
BEGIN
    LOOP
        v_explained := vecs.explain(
            collection, query_vec, v_size, filters, measure, false, false, max_distance, ef_search,
            probes, strategy, 0::bigint
        );
        v_found := v_explained ->> 'rows';
        EXIT WHEN v_found < v_size OR v_size >= skip + top_k;
        v_size := {{ search.next_list_size('v_size') }};
        -- The first search has raised the notices.
        PERFORM vecs._swap_settings(
            '{client_min_messages}'::text[], ARRAY[{{ search.quiet() | indent(12) }}]
        );
    END LOOP;
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], ARRAY[v_messages]);

    RETURN v_explained
        || jsonb_build_object('rows', greatest(0, least(top_k, v_found - skip)));
END
$fn$;

COMMENT ON FUNCTION vecs._explain_page(text, vector, bigint, jsonb, text, double precision, bigint, bigint, text, bigint) IS
$doc$Run the searches that a page of top_k rows after the nearest skip rows is cut from, and return the description of the last one, as explain() does.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_page(text, vector, bigint, jsonb, text, double precision, bigint, bigint, text, bigint) TO PUBLIC;
