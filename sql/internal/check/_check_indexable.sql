-- _check_indexable: refuse to index vectors that pgvector cannot index.

CREATE OR REPLACE FUNCTION vecs._check_indexable(
    collection text,
    element_type text,
    dimension integer,
    table_id regclass,
    vec_column text,
    is_adopted boolean
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- Limits of hnsw and ivfflat in pgvector 0.8, by element type.
    v_limit integer := CASE element_type
        WHEN 'vector' THEN 2000
        WHEN 'halfvec' THEN 4000
    END;
BEGIN
    IF v_limit IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'cannot index the element type %s of collection "%s"', element_type, collection
            ),
            HINT = 'vector and halfvec can be indexed.';
    ELSIF dimension > v_limit THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'cannot index the %s dimensions of collection "%s": a %s index has at most %s',
                dimension, collection, element_type, v_limit
            ),
            HINT = 'A halfvec index has at most 4000. A search without an index compares'
                ' every row.';
    ELSIF dimension < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'cannot index collection "%s", whose column "%s" has no dimension',
                collection, vec_column
            ),
            HINT = format(
                'Set it: ALTER TABLE %s ALTER COLUMN %I TYPE %s(n).%s',
                table_id, vec_column, element_type,
                CASE
                    WHEN is_adopted
                        THEN ' Drop the collection before, and adopt the table again afterwards.'
                END
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_indexable(text, text, integer, regclass, text, boolean) IS
$doc$Raise VS008 unsupported for a collection whose vectors pgvector cannot index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_indexable(text, text, integer, regclass, text, boolean) TO PUBLIC;
