-- _search_plan: how to search a collection: exactly, or by its index with how many candidates.
-- On the path of all searches but the commonest, and written for speed as query() is.
--
-- How many rows match the filter is the planner's estimate, read from the first line of EXPLAIN: 60
-- microseconds, and nothing is cheaper. docs/strategy.md explains the formulas.

CREATE OR REPLACE FUNCTION vecs._search_plan(
    collection text,
    query_vec vector,
    top_k integer,
    filters jsonb,
    measure text,
    include_metadata boolean,
    include_vec boolean,
    max_distance double precision,
    ef_search integer,
    probes integer,
    strategy text,
    estimate text,
    vector_sql text,
    OUT exact text,
    OUT by_index text,
    OUT method text,
    OUT row_count double precision,
    OUT matches double precision,
    OUT work double precision,
    OUT share double precision,
    OUT enough integer,
    OUT candidates double precision,
    OUT certain double precision
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_operator text := CASE measure
    --% for name, measure in measures.items()
        WHEN '{{ name }}' THEN '{{ measure.operator }}'
    --% endfor
    END;
    -- "schema." of pgvector: its types are not in the search path, so that their names are shown
    -- qualified.
    v_pgvector text := left(pg_typeof(query_vec)::text, -length('vector'));
    v_target record;
    v_distance text;
    v_others text;
    v_from text;
    v_line text := estimate;
    v_numbers text;
    v_needed double precision;
BEGIN
    IF (
        query_vec IS NULL OR v_operator IS NULL OR top_k < 0
        OR strategy NOT IN ('auto', 'exact', 'index')
        OR coalesce(max_distance = 'NaN', false)
        OR coalesce(ef_search NOT BETWEEN 1 AND 1000, false)
        OR coalesce(probes NOT BETWEEN 1 AND 32768, false)
    ) THEN
        PERFORM vecs._check_search(
            query_vec IS NULL, top_k, measure, max_distance, ef_search, probes, strategy
        );
    END IF;

    v_target := vecs._search_target(collection, CASE v_operator
    --% for measure in measures.values()
        WHEN '{{ measure.operator }}' THEN '{{ measure.ops }}_ops'
    --% endfor
    END);
    IF v_target.method IS NULL THEN
        PERFORM vecs._collection(collection);
        IF strategy <> 'exact' THEN
            PERFORM vecs._notice_no_index(collection, measure);
        END IF;
    END IF;
    IF v_target.dimension > 0 AND v_target.dimension <> cardinality(query_vec::real[]) THEN
        PERFORM vecs._check_dimension(query_vec, v_target.dimension, collection);
    END IF;

    v_from := format(
        CASE WHEN filters <> '{}' THEN 'FROM %s AS t WHERE %s' ELSE 'FROM %s AS t' END,
        v_target.table_id,
        CASE WHEN filters <> '{}' THEN vecs._filter_sql(filters, v_target.table_id) END
    );
    v_distance := format(
        '(t.vec OPERATOR(%s%s) %s::%s)', v_pgvector, v_operator, vector_sql, v_target.type
    );
    v_others := format(
        '%s::%svector AS vec, %s AS metadata',
        CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END, v_pgvector,
        CASE WHEN include_metadata THEN 't.metadata' ELSE 'NULL::jsonb' END
    );
    -- "+ 0", so that no index orders the rows.
    exact := format(
        'SELECT * FROM (SELECT t.id::text AS id, %s + 0 AS distance, %s %s) AS r %s'
        'ORDER BY r.distance, r.id LIMIT $2',
        v_distance, v_others, v_from,
        CASE WHEN max_distance IS NOT NULL THEN 'WHERE r.distance <= $3 ' END
    );
    IF v_target.method IS NULL OR strategy = 'exact' OR top_k = 0 THEN
        RETURN;
    END IF;

    method := v_target.method;
    row_count := v_target.row_count;
    enough := top_k;
    candidates := top_k;
    -- Row-level security is a filter, too.
    IF filters <> '{}' OR row_security_active(v_target.table_id) THEN
        IF v_line IS NULL THEN
            EXECUTE format('EXPLAIN SELECT %s', v_from) INTO v_line;
        END IF;
        -- "Seq Scan on docs t  (cost=0.00..17161.00 rows=10000 width=0)"; the name of the table may
        -- have anything in it, also a line break, and then the rest is on another line.
        v_numbers := split_part(v_line, '(cost=', -1);
        matches := coalesce(nullif(split_part(split_part(v_numbers, 'rows=', 2), ' ', 1), ''), '1');
        work := greatest(
            matches,
            nullif(split_part(split_part(v_numbers, '..', 2), ' ', 1), '')::double precision / CASE
                WHEN v_line ~ 'Seq Scan|Gather' THEN {{ costs.planner_scan }}
                ELSE {{ costs.planner_index }}
            END
        );
        -- An estimate far below what the planner means to read comes from no statistics.
        share := CASE
            WHEN row_count > 0 AND (matches * 3 >= work OR matches * 50 >= row_count)
                THEN least(1, greatest(matches, 1) / row_count)
            ELSE 0.15
        END;
        -- Some more than asked for, since the last of the candidates are not all the nearest.
        enough := least(top_k + floor(0.3 * top_k), 2147483647);
        v_needed := (enough + 1.5 * sqrt(enough) + 1) / share;
        candidates := greatest(
            40 + 4 * least(top_k, 10),
            -- A third of it tells whether the filter matches rows that lie elsewhere.
            CASE
                WHEN top_k >= 5 AND 4 * {{ costs.candidate }} * v_needed <= work THEN v_needed
                ELSE v_needed / 3
            END
        );
        IF strategy = 'auto'
            AND {{ costs.candidate }} * greatest(candidates, candidates / 3 + v_needed / 2) > work
        THEN
            RETURN;
        END IF;
    END IF;

    -- With max_distance, the rows within it must be few among the candidates: none is missed then.
    IF max_distance IS NOT NULL THEN
        candidates := greatest(100, 4.0 * top_k / coalesce(share, 1));
        IF method = 'hnsw' AND strategy = 'auto' THEN
            certain := least(candidates, 1000) * coalesce(share, 1) / 4;
        END IF;
    END IF;
    IF strategy = 'auto'
        AND {{ costs.candidate }} * candidates > coalesce(work, row_count)
        AND (max_distance IS NOT NULL OR top_k > 1000)
    THEN
        RETURN;
    END IF;

    by_index := format(
        'SELECT t.id::text, %s, %s %s ORDER BY 2 LIMIT $2', v_distance, v_others, v_from
    );
END
$fn$;

COMMENT ON FUNCTION vecs._search_plan(text, vector, integer, jsonb, text, boolean, boolean, double precision, integer, integer, text, text, text) IS
$doc$How to search a collection: the exact statement; the statement by the index, where that is to be tried first, with how many candidates, and enough: how many rows it must find; and what was known when that was decided: the index's access method (NULL: none, or not asked for), how many rows there are (-1: no statistics), and, with a filter, how many match, the work of an exact search, in rows, and the share of the candidates that is expected to match. With max_distance, certain is up to how many rows within it the index is believed to have found all.

estimate is the first line of EXPLAIN for the filter, where it is known; vector_sql what stands for the vector in the statements.

Raises VS001 invalid_argument, VS002 collection_not_found, VS004 dimension_mismatch, VS005 invalid_filter, and the notice VSW01.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_plan(text, vector, integer, jsonb, text, boolean, boolean, double precision, integer, integer, text, text, text) TO PUBLIC;
