-- create_index: index the vectors of a collection for one measure.
-- Takes SHARE on the collection's table: readers go on, writers wait. The new index is built first,
-- so that a failure leaves the old one; dropping that takes ACCESS EXCLUSIVE for a moment at the
-- end.
--% from 'macros/errors.sql' import collection_not_found, reraise with context

--% macro choose_precision()
v_precision := vecs._check_indexable(
    collection, v_collection.element_type, v_collection.dimension, v_collection.table_id,
    v_collection.vec_column, v_collection.view_id IS NOT NULL, v_method, v_arguments
);
--%- endmacro

--% macro return_existing()
IF if_not_exists THEN
    v_name := vecs._existing_index(
        v_collection.table_id, v_collection.vec_column, v_measure, v_method, v_arguments, v_filters
    );
    IF v_name IS NOT NULL THEN
        RETURN v_name;
    END IF;
END IF;
--%- endmacro

--% macro try_index()
IF NOT v_tried THEN
    SELECT t.tried, t.candidate_costs INTO v_tried, v_costs
    FROM vecs._try_index(
        collection, v_measure, v_index, v_precision, v_definition.m, v_definition.ef_construction
    ) AS t;
END IF;
--%- endmacro

CREATE OR REPLACE FUNCTION vecs.create_index(
    collection text,
    measure text DEFAULT 'cosine_distance',
    method text DEFAULT 'auto',
    arguments jsonb DEFAULT '{}',
    replace boolean DEFAULT true,
    if_not_exists boolean DEFAULT false,
    filters jsonb DEFAULT '{}'
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
    v_filters jsonb := nullif(filters, '{}');
    v_predicate text;
    v_collection record;
    v_schema text;
    v_ops text;
    v_precision text;
    v_bytes integer;
    v_definition record;
    v_build record;
    v_before text[];
    v_replaced text[];
    v_label text;
    v_name text;
    v_new_name text;
    v_built boolean;
    v_index regclass;
    v_tried boolean;
    v_rows bigint;
    v_costs numeric[];
    v_comment jsonb;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        v_collection := vecs._collection(collection);
        v_ops := (vecs._measure(v_measure)).ops;
        PERFORM vecs._check_index_arguments(v_measure, v_method, v_arguments);
        {{ choose_precision() | indent(8) }}
        IF v_filters IS NOT NULL THEN
            v_predicate := vecs._filter_sql(
                v_filters, v_collection.table_id, v_collection.view_id
            );
            PERFORM vecs._check_partial(
                collection, v_collection.table_id, v_collection.view_id, v_precision
            );
        END IF;
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;
    -- A column of halfvecs is as it is in either precision.
    IF v_arguments ? 'precision' THEN
        v_arguments := v_arguments || jsonb_build_object('precision', v_precision);
    END IF;
    {{ return_existing() | indent(4) }}

    BEGIN
        PERFORM vecs._lock_builds(collection);
        v_collection := vecs._collection(collection);
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;
    {{ return_existing() | indent(4) }}
    v_schema := vecs._schema(v_collection.table_id);
    v_replaced := ARRAY(
        SELECT format('%s.%I', v_schema, i.name)
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        WHERE i.measure = v_measure
            AND i.filters IS NOT DISTINCT FROM v_filters
            AND i.partition IS NULL
    );
    IF v_replaced <> '{}' AND create_index.replace IS FALSE THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_already_exists.sqlstate }}',
            MESSAGE = format(
                'collection "%s" has an index for %s: %s',
                collection, v_measure, array_to_string(v_replaced, ', ')
            ),
            HINT = 'Pass replace => true to replace it.';
    END IF;
    -- An index that the owner of an adopted table made is not replaced behind their back.
    SELECT i.name INTO v_name
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    WHERE v_collection.view_id IS NOT NULL
        AND i.measure = v_measure
        AND i.filters IS NULL
        AND i.valid
        AND vecs._rows_when_built(i.index_id) IS NULL
    LIMIT 1;
    IF v_name IS NOT NULL AND v_method = 'auto' THEN
        RETURN v_name;
    ELSIF v_name IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_already_exists.sqlstate }}',
            MESSAGE = format(
                'table "%s" has an index for %s that create_index() did not make: %s',
                v_collection.table_id, v_measure, v_name
            ),
            HINT = format(
                'Searches use it. To have another, drop this one of yours first, with'
                ' vecs.drop_index(%L, %L).',
                collection, v_measure
            );
    END IF;

    BEGIN
        -- It may have been dropped and created again in the meantime.
        PERFORM vecs._lock_collection(collection, 'build');
        v_collection := vecs._collection(collection);
        {{ choose_precision() | indent(8) }}
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;
    v_rows := CASE
        WHEN v_predicate IS NULL THEN (vecs._approximate_count(v_collection.table_id)).row_count
        ELSE vecs.count_rows(collection, v_filters)
    END;
    v_bytes := vecs._vector_bytes(
        v_collection.element_type, v_precision, v_collection.dimension
    );
    v_definition := vecs._index_definition(v_method, v_arguments, v_bytes, v_rows);
    v_label := concat_ws('_', v_definition.label, nullif(v_precision, 'full'));
    v_name := vecs._index_name(
        collection, v_collection.element_type, v_ops, v_label, v_filters
    );
    v_new_name := left(v_name, 59) || '_new';
    v_build := vecs._build_settings(v_bytes, v_definition.m, v_rows);
    v_before := vecs._swap_settings(v_build.names, v_build.settings);
    BEGIN
        v_built := vecs._build_vector_index(
            v_new_name, collection, v_precision, v_definition.access_method,
            CASE v_precision
                WHEN 'full' THEN format('%s_%s_ops', v_collection.element_type, v_ops)
                WHEN 'half' THEN format('halfvec_%s_ops', v_ops)
                ELSE 'bit_hamming_ops'
            END,
            v_definition.storage_parameters, v_predicate
        );
        IF v_built AND v_precision = 'binary' THEN
            PERFORM vecs._check_binary(
                collection, v_measure,
                coalesce((v_arguments ->> 'min_recall')::double precision, 0.9)
            );
        END IF;
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;
    IF NOT v_built THEN
        {{ collection_not_found('collection') | indent(8) }}
    END IF;
    v_before := vecs._swap_settings(v_build.names, v_before);

    -- The planner may prefer the old index to a denser one. Then the searches wait until it is
    -- dropped, and readers wait for them, about a second.
    PERFORM vecs._refresh_statistics(v_collection.table_id);
    v_index := format('%s.%I', v_schema, v_new_name)::regclass;
    v_tried := v_definition.m IS NULL OR v_predicate IS NOT NULL;
    {{ try_index() | indent(4) }}
    IF v_replaced <> '{}' THEN
        EXECUTE format('DROP INDEX IF EXISTS %s', array_to_string(v_replaced, ', '));
    END IF;
    -- Another collection's index may have the name: that of a renamed collection, or by chance
    -- (1 in 2^28).
    IF to_regclass(format('%s.%I', v_schema, v_name)) IS NOT NULL THEN
        v_name := vecs._index_name(
            random()::text, v_collection.element_type, v_ops, v_label, v_filters
        );
    END IF;
    EXECUTE format('ALTER INDEX %s.%I RENAME TO %I', v_schema, v_new_name, v_name);

    {{ try_index() | indent(4) }}

    -- The catalog does not hold how many rows the index was built on. The build has counted them.
    IF v_predicate IS NULL THEN
        v_rows := (vecs._approximate_count(v_collection.table_id)).row_count;
    END IF;
    v_comment := jsonb_strip_nulls(jsonb_build_object(
        'rows', v_rows,
        'measure', CASE v_precision WHEN 'binary' THEN v_measure END,
        'candidates', v_costs
    ));
    -- A null in a filter means something.
    IF v_filters IS NOT NULL THEN
        v_comment := v_comment || jsonb_build_object('partial_filters', v_filters);
    END IF;
    EXECUTE format('COMMENT ON INDEX %s.%I IS %L', v_schema, v_name, v_comment);
    RETURN v_name;
END
$fn$;

COMMENT ON FUNCTION vecs.create_index(text, text, text, jsonb, boolean, boolean, jsonb) IS
$doc$Create a vector index on a collection for one measure, and return its name.

Load the rows first: building an index is faster than inserting into one. A collection may have one index over all rows for each measure. The new index is built before the old one is dropped, in one transaction, so a failure leaves the old one.

During the build readers go on and writers wait. Dropping the old index locks the table for a moment: it waits for transactions that have read the collection, and new readers wait behind it. A transaction that has read the collection and then writes during the build deadlocks with that, and one of the two gets 40P01; so keep such transactions short. The caller must own the table.

For the build, memory and workers are raised up to the server's shared_buffers and max_parallel_workers. At the end the table is analyzed, and a few searches measure what the index costs on these vectors, which helps searches with a filter.

By default an hnsw index has a denser graph than pgvector's default (m 16, ef_construction 64): building it takes two to two and a half times as long, it is no larger, and searches find more of the nearest rows. In a collection of more than {{ costs.always_exact }} rows, a sample of searches by a new hnsw index is compared with the rows; if some miss the nearest ones, the notice VSW03 says how many, and what builds a denser graph.

The precision is what the index holds of a vector: full, the vector as it is stored (up to 2,000 dimensions of a vector, 4,000 of a halfvec); half, its elements as half-precision numbers (up to 4,000); binary, their signs (any number; not for ivfflat, nor with filters). None named, it is the first of these that the dimension allows. Searches need not know: whatever the index holds, rows are ordered by the vectors as stored, and distances are exact. half takes about half the space and finds as much as full; an upsert of numbers that it cannot hold (beyond 65504) fails. binary takes a thirtieth of what the vectors take, and suits some vectors and not others, so the new index is tried with the collection's own vectors; if it finds less than min_recall (0 to 1; default 0.9) of the ten nearest rows, it is the error VS008.

With filters, the index is a partial one, beside that of all rows: for a large tenant or category. A search whose filter has its conditions among its own, joined by AND, uses it; if it has no others, every row that it reads matches. A collection may have many. They are indexes of the measure: drop_index() drops them, too. A collection that is an adopted or a partitioned table cannot have one.

An index for the measure that the owner of an adopted table has made is never replaced: with method auto its name is returned, and otherwise it is the error VS006.

Parameters:
  collection  the collection
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance
  method      auto (hnsw), hnsw or ivfflat (not for l1_distance)
  arguments   hnsw: m (2 to 100; the default is 16 or 20, from the dimension) and ef_construction (4 to 1000, at least twice m; the default is 160, or twice m if that is more); ivfflat: lists (1 to 32768; the default is rows / 1000, but at least 30, and the square root of rows from a million rows on); all: precision; hnsw and auto: min_recall
  replace     replace an index for the same measure; if false, an existing one is the error VS006
  if_not_exists  leave a valid index for the measure as it is, if it has the method and the arguments that are named, and return its name; nothing is locked then, so a program can call this at each start
  filters     a metadata filter, see filter_sql(): index only the rows that match

Errors: VS001 invalid_argument; VS002 collection_not_found; VS005 invalid_filter; VS006 index_already_exists; VS008 unsupported for vectors that are too long to index, for half where they hold greater numbers, and for binary where it misses min_recall.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_index(text, text, text, jsonb, boolean, boolean, jsonb) TO PUBLIC;
