-- _check_binary: refuse an index of bits that finds too few of the nearest rows.

CREATE OR REPLACE FUNCTION vecs._check_binary(
    collection text,
    measure text,
    min_recall double precision
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_recall double precision := vecs._binary_recall(collection, measure);
BEGIN
    IF v_recall < min_recall THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'an index of precision binary finds %s %% of the nearest rows of collection "%s",'
                ' less than min_recall',
                round((100 * v_recall)::numeric, 1), collection
            ),
            HINT = format(
                'It holds the signs of the elements, which tell little of these vectors. %s',
                CASE
                    WHEN (vecs._collection(collection)).dimension <= 4000
                        THEN 'The precision half suits any.'
                    ELSE 'Without an index, searches compare every row. A lower min_recall accepts'
                        ' the index.'
                END
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_binary(text, text, double precision) IS
$doc$Raise VS008 unsupported for a new index of bits by which searches find less than min_recall of the ten nearest rows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_binary(text, text, double precision) TO PUBLIC;
