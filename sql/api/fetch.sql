-- fetch: fetch rows of a collection by their ids.
--% from 'macros/errors.sql' import when_dropped, reraise with context
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs.fetch(
    collection text,
    ids text[]
)
RETURNS TABLE (
    id text,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_key jsonb;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    IF ids IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'ids must not be null',
            HINT = 'Pass an array of ids; an empty one gives no rows.';
    END IF;

    IF v_collection.view_id IS NOT NULL THEN
        v_key := vecs._fields(v_collection.view_id, '{}'::jsonb) -> 'key';
        ids := vecs._readable_keys(ids, v_key);
    END IF;
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT t.id::text, t.vec::%2$svector, coalesce(t.metadata, '{}')
        FROM (
            SELECT u.id, min(u.position) AS position
            FROM unnest($1) WITH ORDINALITY AS u (id, position)
            GROUP BY u.id
        ) AS w
        JOIN %1$s AS t ON t.id = w.id%3$s
        ORDER BY w.position
        $sql$,
        v_collection.relation,
        v_collection.pgvector,
        CASE
            WHEN v_key IS NOT NULL THEN concat(' AND ', vecs._keys_predicate(v_key))
            -- Citus would send all rows to the join.
            WHEN {{ shard_count('v_collection.table_id') | indent(12) }} IS NOT NULL
                THEN ' AND t.id = ANY ($1)'
        END
    ) USING ids;
EXCEPTION
    {{ reraise() | indent(4) }}
    {{ when_dropped('collection') | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.fetch(text, text[]) IS
$doc$Return rows of a collection by their ids, each once, in the order of ids.

Ids that do not exist are left out.

Parameters:
  collection  the collection
  ids         the ids; {} returns no rows

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.fetch(text, text[]) TO PUBLIC;
