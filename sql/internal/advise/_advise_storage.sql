-- _advise_storage: vectors that lie in the TOAST table and would fit into their rows.
-- Vectors of more than about 2,000 bytes do, unless the table has a toast_tuple_target like that of
-- create_collection(). Measured of 20,000 rows of 768 dimensions: with the vectors in the rows an
-- exact search takes .31 of the time over all rows, .33 over 5 % and .60 over 1 % of them (1,536
-- dimensions: .30, .57 and .78), and reading all rows without their vectors 3.3 times as long.
-- Rows are written anew by VACUUM FULL, which cannot run in a transaction: hence two statements.
-- Of shards nothing is found: the table on the coordinator has no size.

CREATE OR REPLACE FUNCTION vecs._advise_storage(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_bytes integer;
    v_is_inline boolean;
    v_are_out boolean;
BEGIN
    IF v_rows <= {{ costs.always_exact }}
        OR v_collection.element_type NOT IN ('vector', 'halfvec')
        OR v_collection.dimension < 1
    THEN
        RETURN;
    END IF;
    v_bytes := 8 + vecs._vector_bytes(v_collection.element_type, 'full', v_collection.dimension);
    -- Out of line, the table itself has less for each row than a vector, and the TOAST table more.
    -- Both together have to fit into a page.
    SELECT
        coalesce('toast_tuple_target=8160' = ANY (c.reloptions), false),
        pg_relation_size(c.oid) < v_rows * v_bytes
            AND pg_relation_size(c.reltoastrelid) >= v_rows * v_bytes
            AND pg_relation_size(c.oid) + pg_relation_size(c.reltoastrelid) < v_rows * 8160
    INTO v_is_inline, v_are_out
    FROM pg_class AS c
    WHERE c.oid = v_collection.table_id AND c.relkind = 'r';
    IF v_are_out IS NOT TRUE THEN
        RETURN;
    END IF;

    IF NOT v_is_inline THEN
        RETURN QUERY SELECT
            'hint',
            'the vectors lie outside of the rows, in the TOAST table. In the rows, exact searches'
            ' of many rows would take about a third of the time, and conditions without an index'
            ' three times as long; takes effect for what is written after it',
            format('ALTER TABLE %s SET (toast_tuple_target = 8160);', v_collection.table_id);
    END IF;
    RETURN QUERY SELECT
        'hint',
        format(
            CASE
                WHEN v_is_inline
                    THEN 'the rows were written when their vectors went to the TOAST table'
                ELSE 'after that, the rows have to be written anew'
            END
            || '. That locks the table, builds its indexes again, and needs %s of the disk'
            ' meanwhile',
            pg_size_pretty(pg_total_relation_size(v_collection.table_id))
        ),
        format('VACUUM (FULL, ANALYZE) %s;', v_collection.table_id);
END
$fn$;

COMMENT ON FUNCTION vecs._advise_storage(text) IS
$doc$Return what advise() finds of how rows are stored, in a collection of more than {{ costs.always_exact }} rows: vectors that lie in the TOAST table and would fit into the rows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_storage(text) TO PUBLIC;
