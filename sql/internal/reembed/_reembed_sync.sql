-- _reembed_sync: carry over to a shadow what has changed in the collection and needs no embedding,
-- and count what does.
-- Metadata is compared bit by bit (*<>), as 1 and 1.0 are equal, but not the same. Rows are told by
-- comparing the tables, not by a trigger: it cannot miss any, and nothing is left on the table.
--% from 'macros/errors.sql' import reraise, when_dropped with context
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._reembed_sync(
    collection text,
    shadow text,
    text_key text,
    OUT pending bigint,
    OUT without_text bigint,
    OUT pending_ids text[],
    OUT ids_without_text text[]
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET row_security = off
AS $fn$
DECLARE
    v_collection record;
    v_shadow record;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    v_shadow := vecs._collection(shadow);
    EXECUTE format(
        $sql$
        WITH changed AS MATERIALIZED (
            SELECT
                o.id AS old_id,
                n.id AS new_id,
                c.change,
                CASE c.change WHEN 'metadata' THEN o.metadata END AS metadata
            FROM %1$s AS o
            FULL JOIN %2$s AS n ON n.id = o.id
            CROSS JOIN LATERAL (
                SELECT CASE
                    WHEN o.id IS NULL THEN 'gone'
                    WHEN jsonb_typeof(o.metadata -> $1) IS DISTINCT FROM 'string' THEN 'no text'
                    WHEN n.metadata ->> $1 = o.metadata ->> $1 COLLATE "C" THEN 'metadata'
                    ELSE 'text'
                END
            ) AS c (change)
            WHERE %3$s
                OR o.id IS NULL
                OR n.id IS NULL
        ),
        copied AS (
            UPDATE %2$s AS n
            SET metadata = c.metadata
            FROM changed AS c
            WHERE n.id = c.new_id AND c.change = 'metadata'
        ),
        deleted AS (
            DELETE FROM %2$s AS n
            USING changed AS c
            WHERE n.id = c.new_id AND c.change IN ('gone', 'no text')
        )
        SELECT
            count(*) FILTER (WHERE c.change = 'text'),
            count(*) FILTER (WHERE c.change = 'no text'),
            ARRAY(SELECT p.old_id::text FROM changed AS p WHERE p.change = 'text' LIMIT 1000),
            ARRAY(SELECT p.old_id::text FROM changed AS p WHERE p.change = 'no text' LIMIT 3)
        FROM changed AS c
        $sql$,
        v_collection.relation,
        v_shadow.relation,
        -- Citus leaves out the cast.
        CASE
            WHEN {{ shard_count('v_shadow.table_id') | indent(12) }} IS NULL THEN
                'ROW(o.metadata)::record OPERATOR(pg_catalog.*<>) ROW(n.metadata)::record'
            ELSE 'o.metadata::text IS DISTINCT FROM n.metadata::text'
        END
    )
    INTO
        _reembed_sync.pending, _reembed_sync.without_text,
        _reembed_sync.pending_ids, _reembed_sync.ids_without_text
    USING text_key;
EXCEPTION
    {{ reraise() | indent(4) }}
    {{ when_dropped('collection') | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_sync(text, text, text) IS
$doc$Delete from a shadow the rows that the collection no longer has or that have no text there, and copy metadata that differs although the text is the same. Return how many rows of the collection are still to be embedded, and how many have no text, with the ids of up to 1,000 of the former and of 3 of the latter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_sync(text, text, text) TO PUBLIC;
