-- _advise_building: indexes on the vectors that should be built, or built again.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._advise_building(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_estimate record;
BEGIN
    IF v_rows > {{ costs.always_exact }}
        AND v_collection.element_type IN ('vector', 'halfvec')
        AND v_collection.dimension > 0
        AND NOT EXISTS (
            SELECT
            FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
            WHERE i.valid AND i.filters IS NULL
        )
    THEN
        v_estimate := vecs._build_estimate(collection);
        RETURN QUERY
        SELECT
            'warning',
            format(
                'there is no index on the vectors: each search compares all %s rows. Building one'
                ' takes %sabout %s of memory%s%s',
                v_rows,
                'about ' || v_estimate.seconds || ' s, and ',
                pg_size_pretty(v_estimate.memory_bytes),
                CASE
                    WHEN {{ shard_count('v_collection.table_id') | indent(20) }} IS NOT NULL
                        THEN ' on each node'
                END,
                CASE
                    WHEN v_estimate.memory_bytes > v_estimate.available_bytes THEN format(
                        ', of which it gets %s: name more, if the server has it, as memory among'
                        ' the arguments',
                        pg_size_pretty(v_estimate.available_bytes)
                    )
                END
            ),
            format('SELECT vecs.create_index(%L);', collection);
    END IF;

    RETURN QUERY
    SELECT
        'warning',
        format('the index "%s" is old: %s', i.name, a.age),
        CASE i.method
            WHEN 'hnsw' THEN format('VACUUM %s;', v_collection.table_id)
            ELSE format(
                'SELECT vecs.create_index(%L, %L, %L, ''{"precision": "%s"}''%s);',
                collection, i.measure, i.method, i.index_precision,
                ', filters => ' || quote_literal(i.filters)
            )
        END
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    CROSS JOIN LATERAL vecs._index_age(i.index_id, v_collection.table_id) AS a (age)
    WHERE i.valid AND a.age IS NOT NULL;

    -- Both are samples, one of up to ten rows and one of twenty.
    RETURN QUERY
    SELECT
        'warning',
        format(
            'the index "%s" is old: searches by it find %s %% of the nearest rows, and found %s %%'
            ' when it was built',
            i.name, round((100 * r.recall)::numeric, 1), round(100 * i.recall_when_built, 1)
        ),
        format(
            'SELECT vecs.create_index(%L, %L, %L, %L);',
            collection, i.measure, i.method,
            i.parameters || jsonb_build_object('precision', i.index_precision)
        )
    FROM (
        SELECT
            x.name,
            x.measure,
            x.method,
            x.index_precision,
            CASE x.method
                WHEN 'hnsw' THEN vecs._index_parameters(x.index_id) ELSE '{}'
            END AS parameters,
            (vecs._measured_when_built(x.index_id) ->> 'recall_when_built')::numeric
                AS recall_when_built
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS x
        WHERE x.valid AND x.filters IS NULL AND x.partition IS NULL
    ) AS i
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN i.recall_when_built IS NOT NULL
                AND v_rows <= 500000
                AND NOT row_security_active(v_collection.table_id)
            THEN (
                SELECT q.recall FROM vecs.recall(
                    collection, 20::bigint, 10::bigint, '{}'::jsonb, i.measure, NULL::bigint,
                    NULL::bigint
                ) AS q
            )
        END
    ) AS r (recall)
    WHERE r.recall < i.recall_when_built - 0.1;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_building(text) IS
$doc$Return what advise() finds missing: an index on the vectors of a collection of more than {{ costs.always_exact }} rows, and a new one in place of one that has grown old.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_building(text) TO PUBLIC;
