-- create_index: index the vectors of a collection for one measure.
-- Takes SHARE on the collection's table (readers go on, writers wait), and ACCESS EXCLUSIVE for a
-- moment at the end where it replaces an index: the new one is built first, so that a failure
-- leaves the old one and readers go on during the build.
--% from 'macros/errors.sql' import collection_not_found, raise_again with context

CREATE OR REPLACE FUNCTION vecs.create_index(
    collection text,
    measure text DEFAULT 'cosine_distance',
    method text DEFAULT 'auto',
    arguments jsonb DEFAULT '{}',
    replace boolean DEFAULT true
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_measure text := coalesce(measure, 'cosine_distance');
    v_method text := coalesce(method, 'auto');
    v_arguments jsonb := coalesce(arguments, '{}');
    v_collection record;
    v_ops text;
    v_definition record;
    v_build record;
    v_before text[];
    v_replaced text[];
    v_name text;
    v_new_name text;
    v_rows bigint;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        v_collection := vecs._collection(collection);
        v_ops := (vecs._measure(v_measure)).ops;
        PERFORM vecs._check_indexable(
            collection, v_collection.element_type, v_collection.dimension
        );
        PERFORM vecs._check_index_arguments(v_measure, v_method, v_arguments);
    EXCEPTION
        {{ raise_again() | indent(8) }}
    END;

    -- Two that build or drop indexes at once would wait for each other's lock in the end: the
    -- second waits here, before it has any lock on the table, which counting its rows would take.
    PERFORM pg_advisory_xact_lock(
        hashtext('vecs.create_index'), v_collection.table_id::oid::integer
    );
    v_replaced := ARRAY(
        SELECT format('vecs.%I', i.name)
        FROM vecs._vector_indexes(v_collection.table_id) AS i
        WHERE i.measure = v_measure
    );
    IF v_replaced <> '{}' AND create_index.replace IS FALSE THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_already_exists.sqlstate }}',
            MESSAGE = format(
                'collection "%s" has an index for %s: %s',
                collection, v_measure, array_to_string(v_replaced, ', ')
            ),
            HINT = 'Pass replace => true to build a new one in its place.';
    END IF;

    BEGIN
        -- It may have been dropped, and made anew, while this waited.
        PERFORM vecs._lock(collection, 'build');
        v_collection := vecs._collection(collection);
        PERFORM vecs._check_indexable(
            collection, v_collection.element_type, v_collection.dimension
        );
    EXCEPTION
        {{ raise_again() | indent(8) }}
    END;
    v_rows := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_definition := vecs._index_definition(v_method, v_arguments, v_rows);
    v_name := vecs._index_name(
        collection, v_collection.element_type, v_ops, v_definition.label
    );
    v_new_name := v_name || '_new';
    v_build := vecs._build_settings(v_collection.dimension, v_rows);
    v_before := vecs._swap_settings(v_build.names, v_build.settings);
    IF NOT vecs._build_index(
        v_new_name,
        v_collection.table_id,
        format(
            'USING %I (vec %s%I) WITH (%s)',
            v_definition.access_method,
            v_collection.pgvector,
            format('%s_%s_ops', v_collection.element_type, v_ops),
            v_definition.storage_parameters
        )
    ) THEN
        {{ collection_not_found('collection') | indent(8) }}
    END IF;
    v_before := vecs._swap_settings(v_build.names, v_before);

    IF v_replaced <> '{}' THEN
        EXECUTE format('DROP INDEX IF EXISTS %s', array_to_string(v_replaced, ', '));
    END IF;
    -- Another collection's index may have the name: that of a renamed one, or by chance (1 in
    -- 2^28).
    IF to_regclass(format('vecs.%I', v_name)) IS NOT NULL THEN
        v_name := vecs._index_name(
            random()::text, v_collection.element_type, v_ops, v_definition.label
        );
    END IF;
    EXECUTE format('ALTER INDEX vecs.%I RENAME TO %I', v_new_name, v_name);

    -- What the catalog does not hold: how many rows the index was built on. The build has counted
    -- them.
    v_rows := (vecs._approximate_count(v_collection.table_id)).row_count;
    EXECUTE format('COMMENT ON INDEX vecs.%I IS %L', v_name, jsonb_build_object('rows', v_rows));
    PERFORM vecs._settle(v_collection.table_id);
    RETURN v_name;
END
$fn$;

COMMENT ON FUNCTION vecs.create_index(text, text, text, jsonb, boolean) IS
$doc$Index the vectors of a collection for searches by one measure; returns the index's name.

Load the rows first: building is faster than inserting into an index. A collection may have one index for each measure. The new index is built before the old one is dropped, in one transaction: a failure leaves the old one. Readers go on during the build, writers wait. Dropping the old one takes the table alone for a moment: it waits for transactions that have read the collection, and new readers wait behind it; a transaction that has read and then writes during the build deadlocks with that (40P01 for one of the two), so keep those short. Needs to own the table. Memory and workers are raised for the build, up to the server's shared_buffers and max_parallel_workers, and put back. The statistics of the metadata are gathered at the end, for searches with a filter.

Parameters:
  collection  the collection
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance
  method      auto (hnsw), hnsw or ivfflat (not for l1_distance)
  arguments   hnsw: m (2 to 100, default 16) and ef_construction (4 to 1000, at least twice m, default 64); ivfflat: lists (1 to 32768, default rows / 1000 but at least 30, from a million rows on their square root); auto takes none
  replace     build a new index in the place of one for the same measure; else VS006

Errors: VS001 invalid_argument; VS002 collection_not_found; VS006 index_already_exists; VS008 unsupported for vectors that are too long for an index.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_index(text, text, text, jsonb, boolean) TO PUBLIC;
