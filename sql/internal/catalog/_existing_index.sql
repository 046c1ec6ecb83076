-- _existing_index: find a valid index that create_index() need not build again.
-- What its arguments do not name may be anything. pgvector does not store its own defaults.

CREATE OR REPLACE FUNCTION vecs._existing_index(
    collection text,
    measure text,
    method text,
    arguments jsonb,
    filters jsonb
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    RETURN (
        SELECT i.name
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        JOIN pg_class AS c ON c.oid = i.index_id
        WHERE i.measure = _existing_index.measure
            AND i.filters IS NOT DISTINCT FROM _existing_index.filters
            AND i.valid
            AND i.partition IS NULL
            AND _existing_index.method IN ('auto', i.method)
            AND coalesce(_existing_index.arguments ->> 'precision', i.index_precision)
                = i.index_precision
            AND NOT EXISTS (
                SELECT
                FROM jsonb_each_text(
                    _existing_index.arguments - '{precision,min_recall,memory}'::text[]
                ) AS a
                WHERE a.value <> coalesce(
                    (
                        SELECT o.option_value
                        FROM pg_options_to_table(c.reloptions) AS o
                        WHERE o.option_name = a.key
                    ),
                    CASE a.key WHEN 'm' THEN '16' WHEN 'ef_construction' THEN '64' ELSE '100' END
                )
            )
        ORDER BY i.name
        LIMIT 1
    );
END
$fn$;

COMMENT ON FUNCTION vecs._existing_index(text, text, text, jsonb, jsonb) IS
$doc$Return the name of a valid index of a collection for a measure and a filter (NULL: over all rows), with the method (auto: any) and the arguments that are named; NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._existing_index(text, text, text, jsonb, jsonb) TO PUBLIC;
