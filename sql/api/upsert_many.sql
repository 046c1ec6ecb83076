-- upsert_many: insert or replace many rows from arrays; the fast path, which the other writes take
-- too. Locks rows in the order of their ids, so that concurrent writers of the same rows can not
-- deadlock.

CREATE OR REPLACE FUNCTION vecs.upsert_many(
    collection text,
    ids text[],
    vecs vector[],
    metadata jsonb DEFAULT NULL
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_ascending boolean;
    v_repeated boolean := false;
    v_written bigint;
BEGIN
    PERFORM vecs._check_rows(
        ids, upsert_many.vecs, upsert_many.metadata, v_collection.dimension
    );

    -- Ids that ascend, as many loads have them, need neither sorting nor a search for repeated
    -- ones.
    SELECT bool_and(u.id COLLATE "C" > u.previous) INTO v_ascending
    FROM (SELECT i.id, lag(i.id) OVER () AS previous FROM unnest(ids) AS i (id)) AS u;

    IF v_ascending IS FALSE THEN
        SELECT count(DISTINCT i.id COLLATE "C") < cardinality(ids) INTO v_repeated
        FROM unnest(ids) AS i (id);
    END IF;

    EXECUTE format(
        $sql$
        INSERT INTO %1$s AS t (id, vec, metadata)
        SELECT r.id, r.vec, coalesce(nullif(r.metadata, 'null'), '{}')
        FROM (
            SELECT
                generate_series(1, cardinality($1)) AS position,
                unnest($1) AS id,
                unnest($2) AS vec,
                jsonb_array_elements($3) AS metadata
        ) AS r
        %2$s
        %3$s
        ON CONFLICT (id) DO UPDATE SET vec = EXCLUDED.vec, metadata = EXCLUDED.metadata
        $sql$,
        v_collection.table_id,
        CASE WHEN v_repeated THEN
            'WHERE r.position IN (SELECT max(u.position) FROM unnest($1)'
            ' WITH ORDINALITY AS u (id, position) GROUP BY u.id)'
        END,
        CASE WHEN v_ascending IS FALSE THEN 'ORDER BY r.id COLLATE "C"' END
    ) USING ids, upsert_many.vecs, upsert_many.metadata;

    GET DIAGNOSTICS v_written = ROW_COUNT;
    RETURN v_written;
END
$fn$;

COMMENT ON FUNCTION vecs.upsert_many(text, text[], vector[], jsonb) IS
$doc$Insert many rows, or replace those whose ids exist; returns how many rows were written.

The fast way to load: send arrays of 1,000 or 2,000 rows (about 1 MB) a call, the vectors in binary form where your client can. Metadata is replaced, not merged. The same id twice in a call: the last wins. The whole call or nothing. Needs the privileges INSERT, UPDATE and SELECT.

Parameters:
  collection  the collection
  ids         the ids
  vecs        as many vectors, of the collection's dimension
  metadata    a JSON array of as many objects; a null in it, or NULL for all, stands for {}

Errors: VS001 invalid_argument for lengths that differ, a NULL id or vector, metadata that is not an object; VS002 collection_not_found; VS004 dimension_mismatch. They name the id of the row.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert_many(text, text[], vector[], jsonb) TO PUBLIC;
