-- _build_estimate: estimate what create_index() takes for a collection, with its defaults.
-- A part of the rows is indexed in a temporary table, which takes about a second, in one process.
-- The time of a build grows with the rows to the power of 1.2: see index_progress(). Of 117,159
-- vectors of 384 dimensions, on two processors with one worker: estimated 98 s, built in 96 s.
-- The shards of a node are built at once, by the processes that it is taken to have.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._build_estimate(
    collection text,
    OUT seconds double precision,
    OUT memory_bytes bigint,
    OUT available_bytes bigint
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_sample constant integer := 2000;
    v_collection record := vecs._collection(collection);
    v_checked record := vecs._check_index(
        collection, 'cosine_distance', 'auto', '{}'::jsonb, NULL::jsonb
    );
    v_definition record;
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_shards integer := {{ shard_count('v_collection.table_id') | indent(4) }};
    v_builds integer := vecs._builds_at_once(v_collection.table_id);
    v_workers integer;
    v_share double precision;
    v_sampled bigint;
    v_started timestamptz;
BEGIN
    v_definition := vecs._define_index(
        collection, 'cosine_distance', 'auto', '{}'::jsonb, NULL::jsonb,
        v_checked.index_precision, v_checked.predicate
    );
    memory_bytes := v_definition.needed_bytes;
    available_bytes := v_definition.memory_bytes;
    v_share := least(1, available_bytes::double precision / nullif(memory_bytes, 0));
    -- pgvector takes all that it may, if PostgreSQL would take one: that is from 8 MB on.
    v_workers := CASE
        WHEN CASE
            WHEN v_shards IS NULL THEN pg_relation_size(v_collection.table_id)
            ELSE vecs._relation_bytes(v_collection.table_id, false) / v_shards
        END < 8388608 THEN 0
        ELSE least(
            v_definition.settings[1]::integer, current_setting('max_parallel_workers')::integer
        )
    END;

    BEGIN
        EXECUTE format(
            'CREATE TEMPORARY TABLE _vecs_sample ON COMMIT DROP AS'
            ' SELECT t.%1$I FROM %2$s AS t TABLESAMPLE system (%3$s)'
            ' WHERE t.%1$I IS NOT NULL LIMIT %4$s',
            v_collection.vec_column, v_collection.table_id,
            least(100, 400.0 * v_sample / v_rows), v_sample
        );
        GET DIAGNOSTICS v_sampled = ROW_COUNT;
        v_started := clock_timestamp();
        EXECUTE format('CREATE INDEX ON pg_temp._vecs_sample %s', v_definition.definition);
        seconds := extract(epoch FROM clock_timestamp() - v_started)
            * power(v_rows / coalesce(v_shards, 1)::double precision / v_sampled, 1.2)
            * v_builds / (1 + 0.6 * (v_builds * (1 + v_workers) - 1))
            * (v_share + (1 - v_share) * {{ costs.build_on_disk }});
        seconds := round(seconds::numeric, CASE WHEN seconds < 10 THEN 1 ELSE 0 END);
        DROP TABLE pg_temp._vecs_sample;
    EXCEPTION
        -- On a standby, or without the privilege to make temporary tables, there is no time.
        -- Nor where numbers are beyond half precision.
        WHEN insufficient_privilege OR read_only_sql_transaction OR division_by_zero
            OR numeric_value_out_of_range
        THEN
            NULL;
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._build_estimate(text) IS
$doc$Return about how many seconds create_index() takes for a collection with its defaults (NULL: not known), how many bytes of memory its graph needs, and how many it gets.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_estimate(text) TO PUBLIC;
