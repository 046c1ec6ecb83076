-- _indexed_rows: count the rows that a vector index has now.
-- The build has counted those of a partial index. Of one on shards only they know that, see
-- _statistics_on_shards(); in the transaction that builds it, not even they.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._indexed_rows(
    table_id regclass,
    index_id regclass
)
RETURNS bigint
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_index record;
BEGIN
    SELECT pg_get_expr(i.indpred, i.indrelid) AS predicate, c.reltuples INTO v_index
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indexrelid = index_id;
    IF v_index.predicate IS NULL THEN
        RETURN (SELECT c.row_count FROM vecs._approximate_count(table_id) AS c);
    ELSIF {{ shard_count('table_id') | indent(4) }} IS NOT NULL THEN
        RETURN coalesce(
            (vecs._statistics_on_shards(table_id) -> 'partial' ->> v_index.predicate)::bigint,
            vecs._rows_when_built(index_id)
        );
    END IF;
    RETURN greatest(v_index.reltuples, 0);
END
$fn$;

COMMENT ON FUNCTION vecs._indexed_rows(regclass, regclass) IS
$doc$Return about how many rows of a table are in one of its vector indexes, from statistics.$doc$;

GRANT EXECUTE ON FUNCTION vecs._indexed_rows(regclass, regclass) TO PUBLIC;
