-- _build_vector_index: run CREATE INDEX on a collection's vectors.
-- Arguments: $1 the name; $2 the collection; $3 what follows the table's name; $4 whether it is a
-- partial index. They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._build_vector_index(
    text,
    text,
    text,
    boolean
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection($2);
BEGIN
    RETURN vecs._build_index($1, v_collection.table_id, $3);
EXCEPTION
    WHEN numeric_value_out_of_range THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format('vectors of collection "%s" do not fit into half precision', $2),
            DETAIL = SQLERRM,
            HINT = CASE
                WHEN v_collection.dimension <= 2000 THEN 'Use the precision full.'
                ELSE 'It holds numbers from -65504 to 65504: scale the vectors, or use the'
                    ' precision binary.'
            END;
    WHEN invalid_object_definition OR feature_not_supported OR program_limit_exceeded THEN
        IF NOT $4 THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'this filter cannot be that of an index',
            DETAIL = SQLERRM,
            HINT = 'Use few conditions, each of which compares a key with a value.';
END
$fn$;

COMMENT ON FUNCTION vecs._build_vector_index(text, text, text, boolean) IS
$doc$Build a vector index, and return whether its table still existed.

Raises VS008 unsupported for vectors that half precision cannot hold, and for a filter that no index can have.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_vector_index(text, text, text, boolean) TO PUBLIC;
