-- distribute: distribute a collection over the nodes of a Citus cluster, or bring it back.
-- The vector indexes are dropped and built again: inserting rows into a graph one by one takes
-- several times as long as a build.
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
    v_before integer;
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
    v_before := vecs._shard_count(v_collection.table_id);
    IF coalesce(v_before, 0) = shards THEN
        RETURN;
    END IF;
    IF v_collection.view_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'collection "%s" is the adopted table "%s", which a function of Citus distributes',
                collection, v_collection.table_id
            ),
            HINT = format(
                CASE
                    WHEN v_before IS NULL THEN
                        'SELECT create_distributed_table(%1$L, %2$L, shard_count => %3$s,'
                        ' colocate_with => ''none'');'
                    WHEN shards = 0 THEN 'SELECT undistribute_table(%1$L);'
                    ELSE 'SELECT alter_distributed_table(%1$L, shard_count => %3$s);'
                END,
                v_collection.table_id, v_collection.id_column, shards
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

Every function works on it as before, with the same results; docs/scale-out.md tells when it pays, and what it costs. The rows are copied and the vector indexes built again; other sessions that read or write the collection wait until the transaction ends. The caller must own the table. An adopted table is distributed by Citus' own create_distributed_table(), best before adopt().

Parameters:
  collection  the collection
  shards      the number of shards, 1 to 1024; one for each worker is usual, since every search asks every shard. 0 makes it a local table

Errors: VS001 invalid_argument for NULL and for a number out of range; VS002 collection_not_found; VS008 unsupported without Citus, on a worker, and for an adopted table that has another number of shards; VS009 unavailable while a node of the cluster cannot be reached.$doc$;

GRANT EXECUTE ON FUNCTION vecs.distribute(text, bigint) TO PUBLIC;
