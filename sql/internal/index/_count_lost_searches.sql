-- _count_lost_searches: count searches by a new hnsw index that end in the wrong place.
-- A search is lost if it finds fewer than two of the ten nearest rows, that is, if ten rows are
-- nearer than the second that it found. Up to 150 of the collection's own vectors are searched
-- with; they get lost as often as new ones. The nearer rows of all of them are counted in one pass
-- over a sample of the rows, in which a lost search must have three. Among many equal rows pgvector
-- loses searches in a graph of any density, so none counts if two of the vectors are equal.
-- The rows of a partial index may be few and far between, so they are looked up by its filter.
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._count_lost_searches(
    collection text,
    measure text,
    index_id regclass,
    index_precision text,
    row_count bigint,
    filters jsonb,
    OUT searches bigint,
    OUT lost bigint
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET work_mem = '16MB'
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_compared bigint := least(row_count, 50000, greatest(5000, row_count / 10));
    v_predicate text := CASE
        WHEN filters IS NOT NULL
            THEN vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id)
    END;
    v_sample text := CASE
        WHEN filters IS NULL
            THEN '%1$s AS t TABLESAMPLE system (%2$s) REPEATABLE (%3$s) WHERE true'
        ELSE '%1$s AS t WHERE %4$s'
            ' AND hashtextextended(t.%5$I::text, %3$s) & 1048575 < 10485.76 * %2$s'
    END;
    v_names constant text[] := '{enable_sort,hnsw.ef_search,hnsw.iterative_scan}';
    v_before text[];
    v_statement text;
    v_plan jsonb;
BEGIN
    -- Rounding decides between rows that are equally far, so nearer is by more than that.
    -- subvector() makes a long vector be read once, not once for each search.
    v_statement := format(
        $sql$
        WITH searches AS MATERIALIZED (
            SELECT row_number() OVER () AS number, s.vec, (
                SELECT f.distance
                FROM (
                    SELECT (t.%9$I OPERATOR(%2$s%3$s) s.vec) AS distance
                    FROM %1$s AS t%12$s
                    ORDER BY %11$s
                    LIMIT 10
                ) AS f
                OFFSET 1
                LIMIT 1
            ) AS second
            FROM (
                SELECT t.%9$I AS vec
                FROM %5$s
                    AND (t.%9$I OPERATOR(%2$s%3$s) t.%9$I) <> 'NaN'
                ORDER BY hashtext(t.%10$I::text)
                LIMIT %6$s
            ) AS s
        ),
        lost AS (
            SELECT
            FROM (
                SELECT %2$ssubvector(t.%9$I, 1, %4$s) AS vec
                FROM %7$s
                OFFSET 0
            ) AS r
            JOIN searches AS s
                ON (r.vec OPERATOR(%2$s%3$s) s.vec) < s.second - 1e-5 * abs(s.second) - 1e-6
            GROUP BY s.number
            HAVING count(*) >= %8$s
        )
        SELECT
            count(*),
            CASE WHEN count(DISTINCT s.vec) = count(*) THEN (SELECT count(*) FROM lost) ELSE 0 END
        FROM searches AS s
        $sql$,
        v_collection.table_id,
        v_collection.pgvector,
        (vecs._measure(measure)).operator,
        v_collection.dimension,
        format(
            v_sample, v_collection.table_id, least(100, 300000.0 / row_count), 0, v_predicate,
            v_collection.id_column
        ),
        least(150, row_count / 50),
        format(
            v_sample, v_collection.table_id, 100.0 * v_compared / row_count, 1, v_predicate,
            v_collection.id_column
        ),
        greatest(3, ceil(10.0 * v_compared / row_count)),
        v_collection.vec_column,
        v_collection.id_column,
        vecs._search_order(
            index_precision, format('t.%I', v_collection.vec_column), 's.vec',
            v_collection.pgvector, v_collection.dimension, (vecs._measure(measure)).operator
        ),
        ' WHERE ' || v_predicate
    );
    v_before := vecs._swap_settings(v_names, ARRAY['off', '40', 'off']);
    EXECUTE format('EXPLAIN (FORMAT JSON) %s', v_statement) INTO v_plan;
    IF {{ search.uses_index('v_plan', 'index_id') | indent(4) }} THEN
        EXECUTE v_statement INTO searches, lost;
    END IF;
    PERFORM vecs._swap_settings(v_names, v_before);
END
$fn$;

COMMENT ON FUNCTION vecs._count_lost_searches(text, text, regclass, text, bigint, jsonb) IS
$doc$Search with a sample of a collection's vectors by an hnsw index over all rows, whose number is given, or over those that match a filter; return how many searches that are, and how many of them are lost. NULL if the planner prefers another index, such as the one to be replaced, or no index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._count_lost_searches(text, text, regclass, text, bigint, jsonb) TO PUBLIC;
