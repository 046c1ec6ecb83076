-- distribute: distribute a collection over the nodes of a Citus cluster, or bring it back.
-- Rows that are copied into a table with a vector index are inserted into its graph one by one,
-- which takes several times as long as a build: so the indexes are dropped and built again.
--% from 'macros/errors.sql' import reraise, when_dropped with context

CREATE OR REPLACE FUNCTION vecs.distribute(
    collection text,
    shards bigint
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_dropped jsonb;
    v_detail text;
    v_hint text;
BEGIN
    IF shards IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'shards must not be null',
            HINT = 'Pass the number of shards, about one for each worker; 0 makes the collection'
                ' a local table again.';
    END IF;
    v_collection := vecs._collection(collection);
    PERFORM vecs._check_shards(shards, 0::bigint);
    IF coalesce(vecs._shard_count(v_collection.table_id), 0) = shards THEN
        RETURN;
    END IF;
    IF v_collection.view_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'collection "%s" is table "%s", which Citus distributes itself',
                collection, v_collection.table_id
            ),
            HINT = format(
                'SELECT create_distributed_table(%L, %L);',
                v_collection.table_id, v_collection.id_column
            );
    END IF;
    PERFORM vecs._lock_names(ARRAY[collection]);
    v_dropped := vecs._set_aside_indexes(collection, true);
    PERFORM vecs._distribute_table(collection, shards, 'none'::text);
    PERFORM vecs._restore_indexes(collection, v_dropped);
EXCEPTION
    {{ reraise() | indent(4) }}
    {{ when_dropped('collection') | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.distribute(text, bigint) IS
$doc$Distribute a collection by id over the nodes of a Citus cluster, or bring it back to the coordinator.

Every function works on it as before, and nothing is missing from a result; docs/scale-out.md tells when it pays, and what it costs. The rows are copied and the vector indexes built again; others wait until the transaction ends. The caller must own the table. An adopted table is distributed by Citus' own create_distributed_table(), before or after adopt().

Parameters:
  collection  the collection
  shards      the number of shards, up to 1024: about one for each worker, since every search asks every shard; 0 makes it a local table

Errors: VS001 invalid_argument for NULL and for a number out of range; VS002 collection_not_found; VS008 unsupported without Citus, on a worker, and for an adopted table.$doc$;

GRANT EXECUTE ON FUNCTION vecs.distribute(text, bigint) TO PUBLIC;
