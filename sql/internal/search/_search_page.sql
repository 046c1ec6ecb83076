-- _search_page: return a page of the rows nearest to a vector, below the first.
-- The index may find other rows when it is asked for more, so pages that were cut from searches of
-- different sizes would not fit together. Here all pages are cut from one list: first the rows of
-- the first page, as query() returns them; then the others of the nearest 100, of the nearest
-- 1,000, and so on, as query() returns so many. Where a list ends does not depend on the page.
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._search_page(
    collection text,
    query_vec vector,
    top_k bigint,
    filters jsonb,
    measure text,
    include_metadata boolean,
    include_vec boolean,
    max_distance double precision,
    ef_search bigint,
    probes bigint,
    strategy text,
    skip bigint,
    first_size bigint,
    left_out text[]
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
    v_messages text := current_setting('client_min_messages');
    -- An exact search returns the same rows whatever their number.
    v_size bigint := CASE WHEN strategy = 'exact' THEN skip + first_size ELSE first_size END;
    v_ids text[] := '{}';
    v_distances double precision[] := '{}';
    v_new_ids text[];
    v_new_distances double precision[];
    v_found bigint;
    v_first integer;
    v_last integer;
BEGIN
    -- Each notice is raised once: query() has done so, query_by_id() has not.
    IF left_out IS NULL THEN
        PERFORM vecs._swap_settings(
            '{client_min_messages}'::text[], ARRAY[{{ search.quiet() | indent(12) }}]
        );
    END IF;
    LOOP
        SELECT
            count(*),
            array_agg(q.id ORDER BY q.distance, q.id) FILTER (WHERE q.is_new),
            array_agg(q.distance ORDER BY q.distance, q.id) FILTER (WHERE q.is_new)
        INTO v_found, v_new_ids, v_new_distances
        FROM (
            SELECT r.id, r.distance, k.id IS NULL AS is_new
            FROM vecs.query(
                collection, query_vec, v_size, filters, measure, false, false, max_distance,
                ef_search, probes, strategy, 0::bigint
            ) AS r
            LEFT JOIN unnest(v_ids || left_out) AS k (id) ON k.id = r.id
        ) AS q;
        PERFORM vecs._swap_settings(
            '{client_min_messages}'::text[], ARRAY[{{ search.quiet() | indent(12) }}]
        );
        v_ids := v_ids || v_new_ids;
        v_distances := v_distances || v_new_distances;
        EXIT WHEN v_found < v_size OR cardinality(v_ids) >= skip + top_k;
        v_size := {{ search.next_list_size('v_size') }};
    END LOOP;
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], ARRAY[v_messages]);

    v_first := least(skip, cardinality(v_ids)) + 1;
    v_last := least(skip + top_k, cardinality(v_ids));
    v_ids := v_ids[v_first:v_last];
    v_distances := v_distances[v_first:v_last];
    RETURN QUERY
    SELECT
        f.id,
        u.distance,
        CASE WHEN include_vec THEN f.vec END,
        CASE WHEN include_metadata IS NOT FALSE THEN f.metadata END
    FROM unnest(v_ids, v_distances) AS u (id, distance)
    JOIN vecs.fetch(collection, v_ids) AS f ON f.id = u.id
    ORDER BY u.distance, u.id;
END
$fn$;

COMMENT ON FUNCTION vecs._search_page(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint, bigint, text[]) IS
$doc$Return top_k of the rows nearest to a vector, after the nearest skip rows, for arguments that query() has accepted. The first page has first_size rows, without those that are left out.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_page(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint, bigint, text[]) TO PUBLIC;
