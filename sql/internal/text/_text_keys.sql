-- _text_keys: list keys under which a collection has texts, for a hint.

CREATE OR REPLACE FUNCTION vecs._text_keys(
    collection text
)
RETURNS text[]
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_keys text[];
BEGIN
    IF v_collection.view_id IS NOT NULL THEN
        RETURN ARRAY(
            SELECT a.attname
            FROM pg_attribute AS a
            JOIN pg_type AS y ON y.oid = vecs._base_type(a.atttypid)
            WHERE a.attrelid = v_collection.table_id
                AND a.attnum > 0
                AND NOT a.attisdropped
                AND a.attname <> '_text'
                AND (
                    y.typname = 'tsvector'
                    OR y.typcategory = 'S' AND EXISTS (
                        SELECT
                        FROM pg_attribute AS v
                        WHERE v.attrelid = v_collection.view_id AND v.attname = a.attname
                    )
                )
            ORDER BY y.typname <> 'tsvector', a.attnum
            LIMIT 10
        );
    END IF;
    EXECUTE format(
        $sql$
        SELECT array_agg(k.key ORDER BY k.length DESC, k.key)
        FROM (
            SELECT e.key, avg(length(e.value #>> '{}')) AS length
            FROM (SELECT t.metadata FROM %s AS t LIMIT 100) AS t
            CROSS JOIN LATERAL jsonb_each(
                CASE WHEN jsonb_typeof(t.metadata) = 'object' THEN t.metadata END
            ) AS e
            WHERE jsonb_typeof(e.value) = 'string'
            GROUP BY e.key
            ORDER BY 2 DESC, 1
            LIMIT 10
        ) AS k
        $sql$,
        v_collection.relation
    ) INTO v_keys;
    RETURN coalesce(v_keys, '{}');
EXCEPTION
    WHEN insufficient_privilege THEN
        RETURN '{}';
END
$fn$;

COMMENT ON FUNCTION vecs._text_keys(text) IS
$doc$Return up to ten keys of a collection that have texts: of an adopted table its columns of words and its fields of text, of another collection those of some rows, the longest texts first.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_keys(text) TO PUBLIC;
