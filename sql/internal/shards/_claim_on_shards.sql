-- _claim_on_shards: lock the next rows of a distributed table that have no vector.
-- Citus has no FOR UPDATE SKIP LOCKED over many shards, so each id gets an advisory lock on this
-- node; workers that claim rows must use one node. The rows are read again after locking, because
-- another claim may just have been committed.
-- Arguments: $1 the collection's relation, as SQL; $2 its table; $3 its key, see _fields(); $4 the
-- key of the text; $5 the id after which to begin (NULL: none); $6 the number of rows.
-- They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._claim_on_shards(
    text,
    regclass,
    jsonb,
    text,
    text,
    bigint
)
RETURNS TABLE (
    id text,
    content text
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    wanted ALIAS FOR $6;
    v_after text := $5;
    v_statement text;
    v_ids text[];
    v_claimed text[];
    v_id text;
    v_found bigint := 0;
    v_number bigint;
BEGIN
    LOOP
        EXECUTE format(
            $sql$
            SELECT array_agg(s.id ORDER BY s._id)
            FROM (
                SELECT t.id::text AS id, t._id
                FROM %s AS t
                WHERE t.vec IS NULL AND t.metadata ->> $3 IS NOT NULL AND %s
                ORDER BY t._id
                LIMIT $2
            ) AS s
            $sql$,
            $1, vecs._after_predicate($3, v_after IS NOT NULL)
        ) INTO v_ids USING v_after, wanted - v_found, $4;
        EXIT WHEN v_ids IS NULL;
        v_claimed := '{}';
        FOREACH v_id IN ARRAY v_ids LOOP
            IF pg_try_advisory_xact_lock(hashtextextended(v_id, $2::oid::bigint)) THEN
                v_claimed := v_claimed || v_id;
            END IF;
        END LOOP;
        v_statement := format(
            'SELECT t.id::text, t.metadata ->> $2 FROM %s AS t'
            ' WHERE t.vec IS NULL AND t.metadata ->> $2 IS NOT NULL AND %s ORDER BY t._id',
            $1, vecs._keys_predicate($3)
        );
        RETURN QUERY EXECUTE v_statement USING v_claimed, $4;
        GET DIAGNOSTICS v_number = ROW_COUNT;
        v_found := v_found + v_number;
        v_after := v_ids[cardinality(v_ids)];
        EXIT WHEN v_found >= wanted;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._claim_on_shards(text, regclass, jsonb, text, text, bigint) IS
$doc$Return the next rows of a distributed table that have a text and no vector, see claim_missing(), and keep other claims from them until the transaction ends.$doc$;

GRANT EXECUTE ON FUNCTION vecs._claim_on_shards(text, regclass, jsonb, text, text, bigint) TO PUBLIC;
