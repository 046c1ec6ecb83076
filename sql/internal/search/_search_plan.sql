-- _search_plan: how to search a collection: exactly, or by its index with how many candidates.
-- All checks and all cases; query() does the commonest by itself.
--% from 'macros/errors.sql' import other_dimension with context

CREATE OR REPLACE FUNCTION vecs._search_plan(
    collection text,
    query_vec vector,
    top_k bigint,
    filters jsonb,
    measure text,
    include_metadata boolean,
    include_vec boolean,
    max_distance double precision,
    ef_search bigint,
    probes bigint,
    strategy text,
    vector_sql text,
    OUT exact text,
    OUT by_index text,
    OUT method text,
    OUT row_count double precision,
    OUT matches double precision,
    OUT work double precision,
    OUT share double precision,
    OUT enough bigint,
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
    -- qualified; quoted, too, where the session wants that of all names.
    v_pgvector text := rtrim(pg_typeof(query_vec)::text, '"vector');
    v_target record;
    v_distance text;
    v_others text;
    v_from text;
    v_estimate text;
    v_by_index boolean;
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

    -- From here on nobody drops or changes the collection before the search is done.
    PERFORM vecs._lock(collection, 'read');
    v_target := vecs._search_target(collection, CASE v_operator
    --% for measure in measures.values()
        WHEN '{{ measure.operator }}' THEN '{{ measure.ops }}_ops'
    --% endfor
    END);
    IF v_target.method IS NULL THEN
        v_target.table_id := (vecs._collection(collection)).table_id;
    END IF;
    IF v_target.dimension > 0 AND v_target.dimension <> cardinality(query_vec::real[]) THEN
        {{ other_dimension('cardinality(query_vec::real[])', 'v_target.dimension', 'collection')
            | indent(8) }}
    END IF;

    v_from := format(
        CASE
            WHEN filters <> '{}' THEN 'FROM vecs.%I AS t WHERE %s'
            ELSE 'FROM vecs.%I AS t'
        END,
        collection,
        CASE WHEN filters <> '{}' THEN vecs._filter_sql(filters, v_target.table_id) END
    );
    v_distance := format(
        '(t.vec OPERATOR(%s%s) %s::%s)', v_pgvector, v_operator, vector_sql, v_target.type
    );
    v_others := format(
        '%s::%svector AS vec, %s AS metadata',
        CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END, v_pgvector,
        CASE WHEN include_metadata THEN 'coalesce(t.metadata, ''{}'')' ELSE 'NULL::jsonb' END
    );
    -- "+ 0", so that no index orders the rows.
    exact := format(
        'SELECT * FROM (SELECT t.id::text AS id, %s + 0 AS distance, %s %s) AS r %s'
        'ORDER BY r.distance, r.id LIMIT $2',
        v_distance, v_others, v_from,
        CASE WHEN max_distance IS NOT NULL THEN 'WHERE r.distance <= $3 ' END
    );
    IF v_target.method IS NULL AND strategy <> 'exact' AND top_k > 0 THEN
        PERFORM vecs._notice_no_index(collection, measure);
    END IF;
    IF v_target.method IS NULL OR strategy = 'exact' OR top_k = 0 THEN
        RETURN;
    END IF;

    method := v_target.method;
    row_count := v_target.row_count;
    enough := top_k;
    candidates := top_k + 20.0;
    -- Row-level security is a filter, too.
    IF filters <> '{}' OR row_security_active(v_target.table_id) THEN
        EXECUTE format('EXPLAIN SELECT %s', v_from) INTO v_estimate;
        SELECT c.matches, c.work, c.share, c.enough, c.candidates, c.by_index
        INTO matches, work, share, enough, candidates, v_by_index
        FROM vecs._search_choice(v_target.table_id, v_estimate, top_k, strategy) AS c;
        IF NOT v_by_index THEN
            RETURN;
        END IF;
    END IF;

    -- With max_distance, the rows within it must be few among the candidates: none is missed then.
    IF max_distance IS NOT NULL THEN
        candidates := greatest(400, 4.0 * top_k / coalesce(share, 1));
        IF method = 'hnsw' AND strategy = 'auto' THEN
            certain := least(candidates, 1000) * coalesce(share, 1) / 4;
        END IF;
    END IF;
    IF strategy = 'auto'
        AND (max_distance IS NOT NULL OR top_k > 1000)
        AND {{ costs.candidate }} * candidates > coalesce(work, row_count)
    THEN
        RETURN;
    END IF;

    by_index := format(
        'SELECT t.id::text, %s, %s %s ORDER BY 2 LIMIT $2', v_distance, v_others, v_from
    );
END
$fn$;

COMMENT ON FUNCTION vecs._search_plan(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, text) IS
$doc$How to search a collection: the exact statement; the statement by the index, where that is to be tried first, with how many candidates, and enough: how many rows it must find; and what was known when that was decided: the index's access method (NULL: none, or not asked for), how many rows there are (-1: no statistics), and, with a filter, how many match, the work of an exact search, in rows, and the share of the candidates that is expected to match. With max_distance, certain is up to how many rows within it the index is believed to have found all.

vector_sql is what stands for the vector in the statements.

Raises VS001 invalid_argument, VS002 collection_not_found, VS004 dimension_mismatch, VS005 invalid_filter, and the notice VSW01.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_plan(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, text) TO PUBLIC;
