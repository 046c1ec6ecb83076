-- create_index: index the vectors of a collection for one measure.
-- Takes SHARE on the collection's table: readers go on, writers wait. The new index is built first,
-- so that a failure leaves the old one; dropping that takes ACCESS EXCLUSIVE for a moment at the
-- end.
--% from 'macros/errors.sql' import collection_not_found, reraise with context

--% macro return_existing()
IF if_not_exists THEN
    v_name := vecs._existing_index(
        collection, v_measure, v_method, v_checked.named, v_filters
    );
    IF v_name IS NOT NULL THEN
        RETURN v_name;
    END IF;
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
AS $fn$
DECLARE
    v_measure text := coalesce(measure, 'cosine_distance');
    v_method text := coalesce(method, 'auto');
    v_arguments jsonb := coalesce(arguments, '{}');
    v_filters jsonb := nullif(filters, '{}');
    v_checked record;
    v_replaced record;
    v_definition record;
    v_new_name text;
    v_built boolean;
    v_name text;
    v_detail text;
    v_hint text;
BEGIN
    v_checked := vecs._check_index(collection, v_measure, v_method, v_arguments, v_filters);
    {{ return_existing() | indent(4) }}

    PERFORM vecs._lock_builds(collection);
    {{ return_existing() | indent(4) }}
    v_replaced := vecs._replaced_indexes(
        collection, v_measure, v_method, v_filters, create_index.replace
    );
    IF v_replaced.kept IS NOT NULL THEN
        RETURN v_replaced.kept;
    END IF;

    -- It may have been dropped and created again in the meantime.
    PERFORM vecs._lock_collection(collection, 'build');
    v_checked := vecs._check_index(collection, v_measure, v_method, v_arguments, v_filters);
    v_definition := vecs._define_index(
        collection, v_measure, v_method, v_checked.named, v_filters, v_checked.index_precision,
        v_checked.predicate
    );
    PERFORM vecs._notice_slow_build(
        collection, v_definition.needed_bytes, v_definition.memory_bytes, NULL::text
    );
    v_new_name := left(v_definition.name, 59) || '_new';
    v_built := vecs._build_vector_index(
        v_new_name, collection, v_definition.definition, v_filters IS NOT NULL,
        v_definition.setting_names, v_definition.settings
    );
    IF NOT v_built THEN
        {{ collection_not_found('collection') | indent(8) }}
    END IF;
    RETURN vecs._finish_index(
        collection, v_measure, v_filters, v_checked.index_precision,
        coalesce((v_arguments ->> 'min_recall')::double precision, 0.9),
        v_new_name, v_definition.name, v_replaced.replaced, NULL::text[]
    );
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.create_index(text, text, text, jsonb, boolean, boolean, jsonb) IS
$doc$Create a vector index on a collection for one measure, and return its name.

Load the rows first: building an index is faster than inserting into one. A collection may have one index over all rows for each measure. The new index is built before the old one is dropped, in one transaction, so a failure leaves the old one.

During the build readers go on and writers wait. Dropping the old index locks the table for a moment: it waits for transactions that have read the collection, and new readers wait behind it. A transaction that has read the collection and then writes during the build deadlocks with that, and one of the two gets 40P01; so keep such transactions short. The caller must own the table.

For the build, memory is raised to what the graph needs, up to the server's shared_buffers, and workers to max_parallel_workers, if that was configured; a session's own maintenance_work_mem and max_parallel_maintenance_workers are kept. If the memory is too little, the notice VSW04 says so before the build. If the server lacks shared memory for the workers, as in a container with 64 MB of it, the index is built without them, and the notice VSW05 says so. Of a collection on shards, those of a node are built at once, and share what there is. At the end the table is analyzed, and a few searches measure what the index costs on these vectors, which helps searches with a filter, and its recall, see describe_collection().

By default m is 16 or 20, by the dimension, and ef_construction 160 (pgvector: 16 and 64): building such a graph takes two to two and a half times as long, it is no larger, and searches find more of the nearest rows. A sample of searches by a new hnsw index of more than {{ costs.always_exact }} rows is compared with the rows; if two or more of them find fewer than two of the ten nearest, the notice VSW03 says how many, and what builds a denser graph.

The precision is what the index holds of a vector: full, the vector as it is stored (up to 2,000 dimensions of a vector, 4,000 of a halfvec); half, its elements as half-precision numbers (up to 4,000); binary, their signs (any number; not for ivfflat, nor with filters). The default is the first of these that the dimension allows. Searches stay the same: whatever the index holds, rows are ordered by the vectors as stored, and distances are exact. half takes a little more than half the space and finds almost as much as full; an upsert of numbers that it cannot hold (beyond 65504) fails. binary holds a thirtieth of the bytes of each vector, and suits some vectors and not others, so the new index is tried with the collection's own vectors; if it finds less than min_recall (0 to 1; default 0.9) of the ten nearest rows, it is the error VS008.

With filters, the index is a partial one, beside that of all rows: for a large tenant or category. A search whose filter has its conditions among its own, joined by AND, uses it; if it has no others, every row that it reads matches. The ef_search with which vectors of the whole collection find .98 of the nearest rows in it is measured (40 to 400), and used by searches that name none. A collection may have many. They are indexes of the measure: drop_index() drops them, too. A collection that is an adopted or a partitioned table cannot have one.

An index for the measure that the owner of an adopted table has made is never replaced: with method auto its name is returned, and otherwise it is the error VS006.

Parameters:
  collection  the collection
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance
  method      auto (hnsw), hnsw or ivfflat (not for l1_distance)
  arguments   hnsw: m (2 to 100; the default is 16 or 20, from the dimension) and ef_construction (4 to 1000, at least twice m; the default is 160, or twice m if that is more); ivfflat: lists (1 to 32768; the default is rows / 1000, but at least 30, and the square root of rows from a million rows on); all: precision, and memory for the build, such as "2GB"; hnsw and auto: min_recall
  replace     replace an index for the same measure; if false, an existing one is the error VS006
  if_not_exists  leave a valid index for the measure as it is, if it has the method and the arguments that are named, and return its name; nothing is locked then, so a program can call this at each start
  filters     a metadata filter, see filter_sql(): index only the rows that match

Errors: VS001 invalid_argument; VS002 collection_not_found; VS005 invalid_filter; VS006 index_already_exists; VS008 unsupported for vectors that are too long to index, for half where they hold greater numbers, and for binary where it misses min_recall.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_index(text, text, text, jsonb, boolean, boolean, jsonb) TO PUBLIC;
