-- _index_age: say why a vector index has grown old.
-- The centres of an ivfflat index's lists are those of the rows at its build. A search by an hnsw
-- index passes through rows that are dead until VACUUM takes them out of the graph.

CREATE OR REPLACE FUNCTION vecs._index_age(
    index_id regclass,
    table_id regclass
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE
        WHEN m.amname = 'ivfflat' AND n.row_count >= 2 * b.row_count AND b.row_count > 0
            THEN format('it was built on %s rows, and there are %s now', b.row_count, n.row_count)
        WHEN m.amname = 'hnsw'
            AND pg_stat_get_dead_tuples(t.oid) > 1000
            AND pg_stat_get_dead_tuples(t.oid) > 0.2 * greatest(t.reltuples, 0)
            THEN format('%s dead rows are still in its graph', pg_stat_get_dead_tuples(t.oid))
    END
    FROM pg_class AS i
    JOIN pg_am AS m ON m.oid = i.relam
    JOIN pg_class AS t ON t.oid = _index_age.table_id
    JOIN pg_index AS x ON x.indexrelid = i.oid
    CROSS JOIN LATERAL vecs._rows_when_built(_index_age.index_id) AS b (row_count)
    -- Of a partial index its own rows count.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN x.indpred IS NULL THEN t.reltuples ELSE i.reltuples END::bigint
    ) AS n (row_count)
    WHERE i.oid = _index_age.index_id;
$fn$;

COMMENT ON FUNCTION vecs._index_age(regclass, regclass) IS
$doc$Return why a vector index of a table has grown old: an ivfflat index when the rows have doubled since it was built, an hnsw index when more than a fifth of its rows are dead. NULL if it has not.$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_age(regclass, regclass) TO PUBLIC;
