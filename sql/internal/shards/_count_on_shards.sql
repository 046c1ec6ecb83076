-- _count_on_shards: estimate how many rows a distributed table has; count few rows.

CREATE OR REPLACE FUNCTION vecs._count_on_shards(
    table_id regclass,
    count_few boolean,
    OUT row_count bigint,
    OUT exact boolean
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_before text[];
BEGIN
    -- Citus warns of nodes that are away.
    v_before := vecs._swap_settings('{client_min_messages}'::text[], '{error}'::text[]);
    SELECT e.matches INTO row_count
    FROM vecs._estimate_on_shards(
        table_id::text, NULL::text, vecs._schema(table_id) = 'vecs'
    ) AS e;
    -- The planner assumes ten pages for a shard that was never vacuumed or analyzed. Counting is a
    -- parallel statement, after which this transaction could not alter a view over the table.
    IF vecs._bytes_on_shards(table_id, NULL::boolean) = 0 THEN
        row_count := 0;
    END IF;
    exact := count_few AND row_count <= 10000;
    IF exact THEN
        EXECUTE format('SELECT count(*) FROM %s AS t', table_id) INTO row_count;
    END IF;
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], v_before);
EXCEPTION
    -- A node is down.
    WHEN connection_exception THEN
        row_count := NULL;
        exact := NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._count_on_shards(regclass, boolean) IS
$doc$Return about how many rows a distributed table has, from the statistics of its shards. Count few rows, if that is wanted, and say that the number is exact. NULL while a node is away.$doc$;

GRANT EXECUTE ON FUNCTION vecs._count_on_shards(regclass, boolean) TO PUBLIC;
