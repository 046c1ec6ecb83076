-- create_index_sql: write the statements that build an index concurrently.
-- They may be run one after the other whatever becomes of each: until _finish_index() has renamed
-- the indexes, there is none of the names that are dropped at the end but the new one.
-- The settings of a session do not reach the shards of a distributed table, and SET LOCAL, which
-- does, is for a transaction, in which nothing can be built concurrently.
--% from 'macros/errors.sql' import reraise with context
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs.create_index_sql(
    collection text,
    measure text DEFAULT 'cosine_distance',
    method text DEFAULT 'auto',
    arguments jsonb DEFAULT '{}',
    replace boolean DEFAULT true,
    if_not_exists boolean DEFAULT false,
    filters jsonb DEFAULT '{}'
)
RETURNS SETOF text
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
    v_collection record;
    v_schema text;
    v_checked record;
    v_replaced record;
    v_definition record;
    v_builds integer;
    v_memory_hint text;
    v_mark text;
    v_suffix text;
    v_new_name text;
    v_old_names text[];
    v_detail text;
    v_hint text;
BEGIN
    v_checked := vecs._check_index(collection, v_measure, v_method, v_arguments, v_filters);
    v_collection := vecs._collection(collection);
    PERFORM vecs._check_not_building(collection, v_collection.table_id);
    v_schema := vecs._schema(v_collection.table_id);
    IF EXISTS (
        SELECT FROM pg_class AS c WHERE c.oid = v_collection.table_id AND c.relkind = 'p'
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'an index of a partitioned table, such as "%s", cannot be built concurrently',
                collection
            ),
            HINT = 'CREATE INDEX CONCURRENTLY on each partition: searches use these indexes, too.';
    ELSIF if_not_exists AND vecs._existing_index(
        collection, v_measure, v_method, v_checked.named, v_filters
    ) IS NOT NULL THEN
        RETURN;
    END IF;
    v_replaced := vecs._replaced_indexes(
        collection, v_measure, v_method, v_filters, create_index_sql.replace
    );
    IF v_replaced.kept IS NOT NULL THEN
        RETURN;
    END IF;
    v_definition := vecs._define_index(
        collection, v_measure, v_method, v_checked.named, v_filters, v_checked.index_precision,
        v_checked.predicate
    );
    IF {{ shard_count('v_collection.table_id') | indent(4) }} IS NOT NULL THEN
        v_builds := vecs._builds_at_once(v_collection.table_id);
        v_definition.setting_names := '{}';
        v_definition.settings := '{}';
        v_definition.memory_bytes :=
            v_builds * pg_size_bytes(current_setting('maintenance_work_mem'));
        v_memory_hint := format(
            'A concurrent build has the maintenance_work_mem that each node is configured with, for'
            ' each shard. If the nodes have the memory: ALTER SYSTEM SET maintenance_work_mem ='
            ' ''%sMB'' on each, and SELECT pg_reload_conf().',
            ceil(v_definition.needed_bytes / v_builds / 1048576.0)
        );
    END IF;
    PERFORM vecs._notice_slow_build(
        collection, v_definition.needed_bytes, v_definition.memory_bytes, v_memory_hint
    );
    -- Several sessions may build one at once.
    v_suffix := left(md5(random()::text), 7);
    v_new_name := left(v_definition.name, 50) || '_new' || v_suffix;
    v_old_names := ARRAY(
        SELECT 'ix_vector_' || left(md5(r.name), 7) || '_old' || v_suffix
        FROM unnest(v_replaced.replaced) WITH ORDINALITY AS r (name, position)
        ORDER BY r.position
    );

    -- The mark by which others see the build, whatever their role: see macros/builds.sql.
    v_mark := format(
        '(hashtext(''vecs.create_index_sql''), %s)', v_collection.table_id::oid::integer
    );
    RETURN NEXT 'SELECT pg_advisory_lock_shared' || v_mark;
    RETURN QUERY
    SELECT format('SET %I = %L', s.name, s.setting)
    FROM unnest(v_definition.setting_names, v_definition.settings) AS s (name, setting)
    WHERE s.setting <> current_setting(s.name);
    RETURN NEXT format(
        'CREATE INDEX CONCURRENTLY %I ON %s %s',
        v_new_name, v_collection.table_id, v_definition.definition
    );
    RETURN NEXT format(
        'SELECT vecs._finish_index(%L, %L, %L, %L, %L, %L, %L, %L, %L)',
        collection, v_measure, v_filters, v_checked.index_precision,
        coalesce((v_arguments ->> 'min_recall')::double precision, 0.9),
        v_new_name, v_definition.name, v_replaced.replaced, v_old_names
    );
    -- That an index does not exist is as it should be.
    RETURN NEXT 'SET client_min_messages = ''warning''';
    RETURN QUERY
    SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %s.%I', v_schema, o.name)
    FROM unnest(v_old_names || v_new_name) AS o (name);
    -- What the session had set is put back.
    RETURN QUERY
    SELECT CASE
        WHEN g.setting = g.reset_val THEN format('RESET %I', s.name)
        ELSE format('SET %I = %L', s.name, current_setting(s.name))
    END
    FROM unnest(
        v_definition.setting_names || 'client_min_messages'::text,
        v_definition.settings || 'warning'::text
    ) AS s (name, setting)
    JOIN pg_settings AS g ON g.name = s.name COLLATE "C"
    WHERE s.setting <> current_setting(s.name) OR s.name = 'client_min_messages';
    -- While there is an old index, searches might use that.
    IF v_method <> 'ivfflat' AND v_old_names <> '{}' THEN
        RETURN NEXT format(
            'SELECT vecs._try_built_index(%L, %L, %L)', collection, v_measure, v_suffix
        );
    END IF;
    RETURN NEXT 'SELECT pg_advisory_unlock_shared' || v_mark;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.create_index_sql(text, text, text, jsonb, boolean, boolean, jsonb) IS
$doc$Return, in their order, the statements that do what create_index() does, but concurrently: writers go on.

A function cannot do that: CREATE INDEX CONCURRENTLY must be a statement by itself, outside of a transaction. In psql, end the call with \gexec instead of a semicolon:

    SELECT vecs.create_index_sql('docs') \gexec

Another client runs each statement in autocommit mode, on one connection. Readers and writers go on all the time; the build takes about twice as long as create_index(), and waits for transactions that were open when it began. The old index serves searches until the new one has its name, and is then dropped concurrently; after that a sample of searches tries the new one, see create_index(). The statements after one that fails clean up, so run them all the same, as \gexec does unless ON_ERROR_STOP is set. If the build cannot resize a shared memory segment (53100 or 53200, as in a container with 64 MB of it), SET max_parallel_maintenance_workers = 0 and call it again. Connect to the server, or to a pooler in session mode: the statements set what holds for those after them. After a break of the connection an index that is not valid may be left; the next create_index() or create_index_sql() for the measure removes it. On the shards of a cluster a concurrent build has the maintenance_work_mem of each node's configuration: no setting of a session reaches it.

There is no statement if if_not_exists finds an index, or if the owner of an adopted table has one.

Parameters:
  collection  the collection
  measure     see create_index(), also for the other parameters
  method      auto, hnsw or ivfflat
  arguments   those of the method, precision, min_recall and memory
  replace     replace an index for the same measure; if false, an existing one is the error VS006
  if_not_exists  leave a valid index that fits as it is
  filters     a metadata filter: index only the rows that match

Errors: VS001 invalid_argument; VS002 collection_not_found; VS005 invalid_filter; VS006 index_already_exists; VS008 unsupported, as create_index() and for a partitioned table; 55006 object_in_use while another session builds an index of the collection concurrently.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_index_sql(text, text, text, jsonb, boolean, boolean, jsonb) TO PUBLIC;
