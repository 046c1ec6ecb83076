-- _index_age: say why a vector index has grown old.
-- The centres of an ivfflat index's lists are those of the rows at its build. A search by an hnsw
-- index passes through rows that are dead until VACUUM takes them out of the graph.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._index_age(
    index_id regclass,
    table_id regclass
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_method name;
    v_built bigint;
    v_rows bigint;
    v_dead bigint;
    v_statistics jsonb;
BEGIN
    -- Of a partial index its own rows count.
    SELECT
        m.amname,
        vecs._rows_when_built(index_id),
        CASE
            WHEN x.indpred IS NULL OR m.amname = 'hnsw' THEN t.reltuples ELSE i.reltuples
        END,
        pg_stat_get_dead_tuples(t.oid)
    INTO v_method, v_built, v_rows, v_dead
    FROM pg_class AS i
    JOIN pg_am AS m ON m.oid = i.relam
    JOIN pg_class AS t ON t.oid = _index_age.table_id
    JOIN pg_index AS x ON x.indexrelid = i.oid
    WHERE i.oid = _index_age.index_id;
    IF {{ shard_count('table_id') | indent(4) }} IS NULL THEN
        NULL;
    ELSIF v_method = 'hnsw' THEN
        v_statistics := vecs._statistics_on_shards(table_id);
        v_rows := v_statistics ->> 'rows';
        v_dead := v_statistics ->> 'dead';
    ELSE
        v_rows := vecs._indexed_rows(table_id, index_id);
    END IF;
    RETURN CASE
        WHEN v_method = 'ivfflat' AND v_rows >= 2 * v_built AND v_built > 0
            THEN format('it was built on %s rows, and there are %s now', v_built, v_rows)
        WHEN v_method = 'hnsw' AND v_dead > 1000 AND v_dead > 0.2 * greatest(v_rows, 0)
            THEN format('%s dead rows are still in its graph', v_dead)
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._index_age(regclass, regclass) IS
$doc$Return why a vector index of a table has grown old: an ivfflat index when the rows have doubled since it was built, an hnsw index when more than a fifth of its rows are dead. NULL if it has not.$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_age(regclass, regclass) TO PUBLIC;
