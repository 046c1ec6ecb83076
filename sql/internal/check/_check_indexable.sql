-- _check_indexable: choose the precision of a vector index, and refuse vectors that pgvector cannot
-- index with it.

CREATE OR REPLACE FUNCTION vecs._check_indexable(
    collection text,
    element_type text,
    dimension integer,
    table_id regclass,
    vec_column text,
    is_adopted boolean,
    method text,
    arguments jsonb
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- Limits of hnsw and ivfflat in pgvector 0.8. A column of halfvecs is indexed as it is.
    v_full constant integer := CASE element_type
        WHEN 'vector' THEN 2000
        WHEN 'halfvec' THEN 4000
    END;
    v_half constant integer := 4000;
    v_binary constant integer := 64000;
    v_precision text := coalesce(
        arguments ->> 'precision',
        CASE
            WHEN dimension <= v_full THEN 'full'
            WHEN dimension <= v_half OR method = 'ivfflat' THEN 'half'
            ELSE 'binary'
        END
    );
    v_limit integer;
BEGIN
    IF v_precision = 'half' AND element_type = 'halfvec' THEN
        v_precision := 'full';
    END IF;
    v_limit := CASE v_precision WHEN 'full' THEN v_full WHEN 'half' THEN v_half ELSE v_binary END;
    IF v_full IS NULL THEN
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
                'cannot index the %s dimensions of collection "%s" with precision %s, which has at'
                ' most %s',
                dimension, collection, v_precision, v_limit
            ),
            HINT = CASE
                WHEN method = 'ivfflat'
                    THEN 'The method hnsw has the precision binary, for more dimensions.'
                ELSE 'Leave out precision: the first that the dimension allows is chosen.'
            END;
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
    RETURN v_precision;
END
$fn$;

COMMENT ON FUNCTION vecs._check_indexable(text, text, integer, regclass, text, boolean, text, jsonb) IS
$doc$Return the precision (full, half, binary) of an index with these arguments, or the one that goes with the dimension if none is among them.

Raises VS008 unsupported for a collection whose vectors pgvector cannot index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_indexable(text, text, integer, regclass, text, boolean, text, jsonb) TO PUBLIC;
