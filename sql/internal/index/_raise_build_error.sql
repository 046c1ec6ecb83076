-- _raise_build_error: say what an error of CREATE INDEX on a collection's vectors means.
-- Also called by clients whose concurrent build, a statement by itself, has failed.

CREATE OR REPLACE FUNCTION vecs._raise_build_error(
    collection text,
    is_partial boolean,
    error_code text,
    error_message text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    -- numeric_value_out_of_range
    IF error_code = '22003' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'vectors of collection "%s" do not fit into half precision', collection
            ),
            DETAIL = error_message,
            HINT = CASE
                WHEN v_collection.dimension <= 2000 THEN 'Use the precision full.'
                ELSE 'It holds numbers from -65504 to 65504: scale the vectors, or use the'
                    ' precision binary.'
            END;
    -- invalid_object_definition, feature_not_supported, program_limit_exceeded
    ELSIF is_partial AND error_code IN ('42P17', '0A000', '54000') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'this filter cannot be that of an index',
            DETAIL = error_message,
            HINT = 'Use few conditions, each of which compares a key with a value.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._raise_build_error(text, boolean, text, text) IS
$doc$Raise VS008 unsupported for an error of CREATE INDEX, given as its SQLSTATE and its message, that means that half precision cannot hold a collection's vectors, or that no index can have the filter; and VS002 collection_not_found if the collection has been dropped. Does nothing for other errors.$doc$;

GRANT EXECUTE ON FUNCTION vecs._raise_build_error(text, boolean, text, text) TO PUBLIC;
