-- tune: find the smallest ef_search, or number of probes, that reaches a recall.
-- What is right is found once, by exact searches; each step then searches with the same vectors.
-- They are fetched before all that: Citus runs no search within a query over shards.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.tune(
    collection text,
    target_recall double precision DEFAULT 0.95,
    top_k bigint DEFAULT 10,
    measure text DEFAULT 'cosine_distance',
    filters jsonb DEFAULT '{}',
    sample bigint DEFAULT 50,
    keep boolean DEFAULT false
)
RETURNS TABLE (
    ef_search integer,
    recall double precision,
    p50_ms double precision,
    chosen boolean
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_target double precision := coalesce(target_recall, 0.95);
    v_top_k bigint := coalesce(top_k, 10);
    v_measure text := coalesce(measure, 'cosine_distance');
    v_sample bigint := coalesce(sample, 50);
    v_index record;
    v_lists integer;
    v_messages text := current_setting('client_min_messages');
    v_sampled text;
    v_ids text[];
    v_vecs text[];
    v_limits double precision[];
    v_right bigint;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    IF v_top_k NOT BETWEEN 1 AND 1000
        OR v_sample NOT BETWEEN 1 AND 1000
        OR v_target NOT BETWEEN 0 AND 1
    THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'target_recall must be from 0 to 1, top_k and sample from 1 to 1000, not %s, %s and'
                ' %s',
                v_target, v_top_k, v_sample
            ),
            HINT = 'Start with a target_recall of 0.95 and a sample of 50.';
    END IF;
    PERFORM vecs._measure(v_measure);
    PERFORM vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);

    SELECT i.index_id, i.method, i.filters INTO v_index
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    WHERE i.measure = v_measure
        AND i.valid
        AND (i.filters IS NULL OR i.filters = tune.filters)
    ORDER BY i.filters, array_position('{full,half,binary}', i.index_precision), i.method
    LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_not_found.sqlstate }}',
            MESSAGE = format('collection "%s" has no index for %s', collection, v_measure),
            HINT = format('SELECT vecs.create_index(%L, %L);', collection, v_measure);
    END IF;
    IF keep AND filters <> '{}' AND v_index.filters IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'what suits a filter cannot be kept with an index over all rows',
            HINT = format(
                'Make a partial index: SELECT vecs.create_index(%L, %L, filters => %L);',
                collection, v_measure, filters
            );
    END IF;
    -- The errors come before the searches.
    IF keep THEN
        PERFORM vecs._keep_with_index(v_index.index_id, '{}'::jsonb);
    END IF;
    v_lists := vecs._index_parameters(v_index.index_id) ->> 'lists';

    v_sampled := vecs._sampled_rows(collection, v_sample);
    EXECUTE format('SELECT array_agg(s.id), array_agg(s.vec::text) FROM %s AS s', v_sampled)
    INTO v_ids, v_vecs;
    -- The filter has raised its notices; each search would raise them again.
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], '{warning}'::text[]);
    EXECUTE format(
        $sql$
        SELECT
            array_agg(s.id),
            array_agg(s.vec),
            array_agg(e.distances[cardinality(e.distances)]),
            sum(cardinality(e.distances))
        FROM unnest($5, $6) AS s (id, vec)
        CROSS JOIN LATERAL vecs._timed_query(
            $1, s.id, s.vec::%svector, $2, $3, $4, NULL::bigint, NULL::bigint, 'exact'
        ) AS e
        WHERE e.distances <> '{}'
        $sql$,
        v_collection.pgvector
    ) INTO v_ids, v_vecs, v_limits, v_right
    USING collection, v_top_k, filters, v_measure, v_ids, v_vecs;

    chosen := false;
    FOR ef_search IN
        SELECT s.size
        FROM unnest(CASE v_index.method
            WHEN 'hnsw' THEN ARRAY[20, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1000]
            ELSE ARRAY[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768]
        END) AS s (size)
        -- A list holds all that is returned, and one row more, that of the vector itself.
        WHERE v_right > 0
            AND CASE v_index.method
                WHEN 'hnsw' THEN s.size > least(v_top_k, 999)
                ELSE s.size < 2 * coalesce(v_lists, 100)
            END
        ORDER BY s.size
    LOOP
        EXECUTE format(
            $sql$
            SELECT
                sum((
                    SELECT count(*) FROM unnest(q.distances) AS d (distance)
                    WHERE d.distance <= s.far
                )) / $9::double precision,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY q.milliseconds)
            FROM unnest($1, $2, $3) AS s (id, vec, far)
            CROSS JOIN LATERAL vecs._timed_query(
                $4, s.id, s.vec::%svector, $5, $6, $7, $8, $10, 'index'
            ) AS q
            $sql$,
            v_collection.pgvector
        ) INTO tune.recall, tune.p50_ms
        USING
            v_ids, v_vecs, v_limits, collection, v_top_k, filters, v_measure,
            CASE v_index.method WHEN 'hnsw' THEN tune.ef_search::bigint END,
            v_right,
            CASE v_index.method WHEN 'ivfflat' THEN least(tune.ef_search, v_lists)::bigint END;
        chosen := tune.recall >= v_target;
        RETURN NEXT;
        EXIT WHEN chosen;
    END LOOP;
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], ARRAY[v_messages]);
    IF keep AND chosen THEN
        PERFORM vecs._keep_with_index(v_index.index_id, jsonb_build_object(
            CASE v_index.method WHEN 'hnsw' THEN 'ef_search' ELSE 'probes' END,
            least(tune.ef_search, v_lists)
        ));
    END IF;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.tune(text, double precision, bigint, text, jsonb, bigint, boolean) IS
$doc$Find an ef_search, or a number of probes of an ivfflat index, with which searches reach a recall: the smallest of 20, 40, 60, 80, 100, 150 and so on, or of 1, 2, 4, 8 and so on. Return each step that was tried.

Returns rows with ef_search (of an ivfflat index: probes), recall (the share of the exact search's rows that the index finds, from 0 to 1), p50_ms (the median time of a search in milliseconds) and chosen, which is true in the last row if it reaches the target. No row is chosen if none does, and there is no row if nothing matches. With keep, the result is stored in the comment of the index, and searches that name no ef_search or probes use it, until create_index() replaces the index. A larger session setting or top_k lengthens the list; a smaller one does not shorten it. Otherwise pass it as ef_search or probes of query(), or set it for a role or a database: ALTER ROLE web SET hnsw.ef_search = 80.

Each sampled row searches for its neighbours, without itself. The exact searches compare all matching rows: on a large collection take a small sample.

Parameters:
  collection     the collection
  target_recall  the recall to reach, from 0 to 1
  top_k          the number of neighbours, from 1 to 1000
  measure        cosine_distance, l2_distance, max_inner_product or l1_distance
  filters        a metadata filter for the neighbours, see filter_sql()
  sample         the number of rows to search with, from 1 to 1000
  keep           whether to store the result with the index; requires its ownership

Errors: VS001 invalid_argument, also if keep is true with filters that no partial index was made for; VS002 collection_not_found; VS005 invalid_filter; VS007 index_not_found; VS008 unsupported if something is to be kept with an index that create_index() did not build.$doc$;

GRANT EXECUTE ON FUNCTION vecs.tune(text, double precision, bigint, text, jsonb, bigint, boolean) TO PUBLIC;
