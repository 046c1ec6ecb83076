-- _reembed_page: return the next rows of a collection whose texts are to be embedded.
-- Sequential scans are off, as in scan().
--% from 'macros/errors.sql' import reraise, when_dropped with context

CREATE OR REPLACE FUNCTION vecs._reembed_page(
    collection text,
    shadow text,
    text_key text,
    ids text[],
    after text,
    page_size bigint
)
RETURNS TABLE (
    id text,
    content text,
    metadata jsonb
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
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
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT t.id::text, t.metadata ->> $3, t.metadata
        FROM %1$s AS t
        WHERE jsonb_typeof(t.metadata -> $3) = 'string'
            AND ($4 IS NULL OR t.id = ANY ($4))
            AND %3$s
            AND NOT EXISTS (
                SELECT
                FROM %2$s AS n
                WHERE n.id = t.id AND n.metadata ->> $3 = t.metadata ->> $3 COLLATE "C"
            )
        ORDER BY t.id
        LIMIT $2
        $sql$,
        v_collection.relation,
        v_shadow.relation,
        vecs._after_predicate(NULL::jsonb, after IS NOT NULL)
    ) USING after, page_size, text_key, ids;
EXCEPTION
    {{ reraise() | indent(4) }}
    {{ when_dropped('collection') | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_page(text, text, text, text[], text, bigint) IS
$doc$Return the next rows of a collection, in the order of their ids, that have a text and are not in its shadow with the same text: id, text, metadata. If ids are given, only of these.

Raises VS002 collection_not_found if one of them was dropped.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_page(text, text, text, text[], text, bigint) TO PUBLIC;
