-- _half_recall: compare the order of a collection's vectors with that of half precision.

CREATE OR REPLACE FUNCTION vecs._half_recall(
    collection text,
    measure text
)
RETURNS double precision
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_operator text := (vecs._measure(measure)).operator;
    v_recall double precision;
BEGIN
    EXECUTE format(
        $sql$
        WITH sampled AS MATERIALIZED (
            SELECT row_number() OVER () AS number, t.%1$I AS vec, t.%1$I::%2$shalfvec AS half
            FROM %3$s AS t TABLESAMPLE system (%4$s) REPEATABLE (0)
            WHERE (t.%1$I OPERATOR(%2$s%5$s) t.%1$I) <> 'NaN'
            LIMIT 3000
        )
        SELECT avg((
            SELECT count(*)
            FROM (
                SELECT s.number FROM sampled AS s
                ORDER BY s.vec OPERATOR(%2$s%5$s) q.vec, s.number
                LIMIT 10
            ) AS f
            JOIN (
                SELECT s.number FROM sampled AS s
                ORDER BY s.half OPERATOR(%2$s%5$s) q.half, s.number
                LIMIT 10
            ) AS h ON h.number = f.number
        ) / least(10, (SELECT count(*) FROM sampled))::double precision)
        FROM sampled AS q
        WHERE q.number <= 20
        $sql$,
        v_collection.vec_column,
        v_collection.pgvector,
        v_collection.table_id,
        least(100, 600000.0 / greatest(v_rows, 1)),
        v_operator
    ) INTO v_recall;
    RETURN v_recall;
EXCEPTION
    -- Some numbers are beyond half precision.
    WHEN numeric_value_out_of_range THEN
        RETURN 0;
END
$fn$;

COMMENT ON FUNCTION vecs._half_recall(text, text) IS
$doc$Return which share of the ten nearest of 3,000 rows half precision finds, for 20 of them. 0 if it cannot hold the vectors.$doc$;

GRANT EXECUTE ON FUNCTION vecs._half_recall(text, text) TO PUBLIC;
