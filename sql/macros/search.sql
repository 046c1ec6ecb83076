{#-
The search core. query(), query_many() and explain() are rendered from the same macros, so that they
decide alike and run the same statements, without the cost of calls between functions.
docs/strategy.md explains it.

Parameters of the public functions are used by their names: collection, top_k, filters, measure,
include_metadata, include_vec, max_distance, ef_search, probes, strategy, skip. "vec" is the name of
the variable with the query vector. The variables are those of variables().
-#}
--% from 'macros/errors.sql' import dimension_mismatch, reraise with context
--% import 'macros/index_comment.sql' as index_comment with context
--% from 'macros/rows.sql' import rows_by_statistics
--% from 'macros/shards.sql' import shard_count

--% macro variables()
{#- Declare the variables of a search. -#}
-- The collection: as SQL text, the table with its rows, the view of an adopted table (NULL: it is
-- not one) and the table behind it, the type and the dimension of its vectors.
v_relation text;
v_table regclass;
v_view regclass;
v_source regclass;
v_type text;
v_dimension integer;
-- Over how many shards Citus has distributed the table; NULL: it is a local one.
v_shards integer;
-- Over how many of them the rows nearest to a vector are spread evenly: one, if another column than
-- the key decides on a row's shard.
v_spread integer;
-- Whether row-level security may hide rows.
v_hides_rows boolean;
-- The index for the measure, its access method and its comment; NULL: there is none.
v_index oid;
v_method text;
v_comment text;
-- Of what precision it is: full, half, binary.
v_precision text;
-- The filter as SQL; NULL: there is none. Of a partial index that has the rows which match: its
-- predicate as SQL (NULL: there is none), whether it has no others. Whether there is any partial
-- index, and those made for the filter. The number of rows in an index, and the length of the list
-- of candidates that was kept.
v_filter text;
v_partial record;
v_predicate text;
v_has_partial boolean;
v_partials oid[];
v_index_rows double precision;
v_kept integer;
v_is_whole boolean := false;
-- The planner's estimates: how many rows match, and the cost of an exact search in rows.
v_estimate text;
v_numbers text;
v_matches double precision;
v_exact_cost double precision;
v_row_count double precision;
v_selectivity double precision;
-- What the estimate is worth: many rows have changed since; a sample; nothing, so 15 % are assumed.
v_is_stale boolean;
v_sample record;
v_sampled double precision;
v_is_assumed boolean := false;
-- Whether it is a search for nothing but the nearest rows.
v_is_plain boolean;
-- The choice: how many candidates the index is expected to return, in lists of what length, until
-- how many rows are found; what one of the nearest and one of the farther candidates costs, in
-- rows; how many cost as much as an exact search. And how many rows the index has to return in a
-- search for nothing but the nearest ones.
v_use_index boolean := false;
v_few_match boolean := false;
v_candidates double precision;
v_candidate_costs double precision[];
v_index_cost double precision;
v_affordable double precision;
v_list_size integer;
v_rows_required bigint;
v_wanted bigint;
-- How it is run. The distance, that by which an index of another precision orders rows (NULL: the
-- same), and the columns vec and metadata are SQL.
v_distance text;
v_order text;
v_columns text;
v_statement text;
v_names text[];
v_settings text[];
--%- endmacro

--% macro operator()
{#- The distance operator of the measure; NULL for an unknown one. -#}
CASE measure
--% for name, measure in measures.items()
    WHEN '{{ name }}' THEN '{{ measure.operator }}'
--% endfor
END
--%- endmacro

--% macro operator_class()
{#- The part of the operator class's name that the measure decides. -#}
CASE measure
--% for name, measure in measures.items()
    WHEN '{{ name }}' THEN '{{ measure.ops }}_ops'
--% endfor
END
--%- endmacro

--% macro distance(vec)
{#- The distance between a row and the vector, as SQL. The search path does not include pgvector's
    schema, so the type's name is qualified; the schema and its dot are cut from it. Under
    quote_all_identifiers it is quoted. -#}
format(
    '(t.vec OPERATOR(%s%s) $1%s)',
    rtrim(pg_typeof({{ vec }})::text, '"vector'),
    {{ operator() | indent(4) }},
    '::' || nullif(v_type, pg_typeof({{ vec }})::text)
)
--%- endmacro

--% macro order_by(precision, row_vec, query_vec, pgvector, dimension, operator)
{#- The distance by which an index of a precision orders rows, as SQL: it holds the vectors, or them
    cast to halfvec, or the signs of their elements as bits. -#}
format(
    CASE {{ precision }}
        WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
        WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
            ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
        ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
    END,
    {{ row_vec }}, {{ query_vec }}, {{ pgvector }}, {{ dimension }}, {{ operator }}
)
--%- endmacro

--% macro approximate_distance(vec)
{#- The distance between a row and the vector by which an index of half or binary precision orders
    rows, as SQL. -#}
{{ order_by(
    'v_precision', "'t.vec'", "concat('$1', '::' || nullif(v_type, pg_typeof(" ~ vec ~ ")::text))",
    "rtrim(pg_typeof(" ~ vec ~ ")::text, '\"vector')", 'v_dimension', operator()
) }}
--%- endmacro

--% macro columns(vec, late=true)
{#- The columns vec and metadata of the result, as SQL. A collection has no NULL in metadata, but a
    user's own table may. That of an adopted table takes time: see _late_metadata(). -#}
format(
    '%s::%svector, %s',
    CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
    rtrim(pg_typeof({{ vec }})::text, '"vector'),
    CASE
        WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
    --% if late
        WHEN v_view IS NOT NULL AND v_shards IS NULL
            THEN 'vecs._late_metadata(coalesce(t.metadata, ''{}''))'
    --% endif
        ELSE 'coalesce(t.metadata, ''{}'')'
    END
)
--%- endmacro

--% macro is_hnsw_index(i, a, vec)
{#- Whether an index i serves the measure, and its first column a is of the vector's type. The name
    of an operator class is read from a cache, in a sentence that may be translated: where another
    language has another order of words, and for every other kind of index, _search_target() looks,
    at several times the cost. Operator classes below 16384 are PostgreSQL's own. -#}
{{ i }}.indisvalid
AND {{ i }}.indpred IS NULL
AND {{ i }}.indclass[0] >= 16384
AND pg_describe_object('pg_opclass'::regclass, {{ i }}.indclass[0], 0)
    LIKE '%vector_' || {{ operator_class() | indent(4) }} || '%hnsw%'
AND {{ a }}.atttypid = pg_typeof({{ vec }})
--%- endmacro

--% macro covering_index(vec)
{#- A query for the hnsw index over all rows that serves a search of a collection which is a table.
    It reads one or two rows of the catalog. -#}
SELECT a.atttypmod, i.indexrelid, {{ index_comment.comment('i.indexrelid') }}
INTO v_dimension, v_index, v_comment
FROM pg_index AS i
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = v_table
    AND a.attname = 'vec'
    AND {{ is_hnsw_index('i', 'a', vec) | indent(4) }}
LIMIT 1;
--%- endmacro

--% macro find_table(vec)
{#- Find the collection's relation by its name: v_relation, v_table, and of an adopted table v_view,
    v_dimension, v_index and v_comment. A view depends on the columns that it refers to, so that its
    rule, which is long, need not be read. -#}
v_relation := format('vecs.%I', collection);
v_table := to_regclass(v_relation);
v_view := NULL;
-- A view has no file, nor has a partitioned table.
IF pg_relation_filenode(v_table) IS NULL THEN
    SELECT r.ev_class, s.table_id, x.dimension, x.index_id, x.comment
    INTO v_view, v_source, v_dimension, v_index, v_comment
    FROM pg_rewrite AS r
    CROSS JOIN LATERAL (
        SELECT d.refobjid AS table_id
        FROM pg_depend AS d
        WHERE d.classid = 'pg_rewrite'::regclass
            AND d.objid = r.oid
            AND d.refclassid = 'pg_class'::regclass
            AND d.refobjsubid > 0
            AND d.refobjid <> r.ev_class
        LIMIT 1
    ) AS s
    LEFT JOIN LATERAL (
        SELECT a.atttypmod AS dimension, i.indexrelid AS index_id,
            {{ index_comment.comment('i.indexrelid') }} AS comment
        FROM pg_index AS i
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = s.table_id
            AND {{ is_hnsw_index('i', 'a', vec) | indent(12) }}
            AND EXISTS (
                SELECT
                FROM pg_depend AS d
                WHERE d.classid = 'pg_rewrite'::regclass
                    AND d.objid = r.oid
                    AND d.refclassid = 'pg_class'::regclass
                    AND d.refobjid = a.attrelid
                    AND d.refobjsubid = a.attnum
                OFFSET 0
            )
        LIMIT 1
    ) AS x ON true
    WHERE r.ev_class = v_table AND r.rulename = '_RETURN';
    v_table := coalesce(v_source, v_table);
END IF;
--%- endmacro

--% macro covering_indexes(a)
{#- A subquery x for the valid index on a column of vectors, a row of pg_attribute, for a measure,
    ops: its method, precision and index_id. The most precise one. -#}
(
    SELECT m.amname AS method, i.indexrelid AS index_id, f.index_precision
    FROM pg_index AS i
    JOIN pg_opclass AS o ON o.oid = i.indclass[0]
    JOIN pg_am AS m ON m.oid = o.opcmethod
    CROSS JOIN LATERAL (
        SELECT 'full' AS index_precision
        WHERE i.indkey[0] = {{ a }}.attnum
            AND o.opcname IN ('vector_' || ops COLLATE "C", 'halfvec_' || ops COLLATE "C")
        UNION ALL
        SELECT e.index_precision
        FROM vecs._expression_index(
            i.indexrelid::regclass, pg_get_expr(i.indexprs, i.indrelid), o.opcname::text,
            {{ a }}.attname::text, {{ a }}.atttypid::regtype, {{ a }}.atttypmod
        ) AS e
        WHERE i.indkey[0] = 0 AND o.oid >= 16384 AND e.ops || '_ops' = _search_target.ops
    ) AS f
    WHERE i.indrelid = {{ a }}.attrelid
        AND i.indisvalid
        AND i.indpred IS NULL
    ORDER BY array_position('{full,half,binary}', f.index_precision), m.amname
    LIMIT 1
) AS x
--%- endmacro

--% macro list_size(rows)
{#- How long the list of candidates is in a search for the nearest rows: what the caller says, or
    what was kept, or the session's setting, if that is not the default. For a partial index it was
    measured with ten rows: for more it is as much longer. -#}
coalesce(ef_search, least(1000, greatest(
    {{ rows }},
    ceil({{ costs.longer_list }} * top_k),
    coalesce(
        greatest(
            v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
            nullif(
                nullif(current_setting('hnsw.ef_search', true), '')::integer, {{ costs.list_size }}
            )
        ),
        {{ costs.list_size }}
    )
)))
--%- endmacro

--% macro cost_of(candidates)
{#- What so many candidates cost, in rows. -#}
(
    v_candidate_costs[1] * least({{ candidates }}, {{ costs.nearest }})
    + v_candidate_costs[2] * greatest({{ candidates }} - {{ costs.nearest }}, 0)
)
--%- endmacro

--% macro candidates_for(cost)
{#- How many candidates cost as much: the inverse of cost_of(). -#}
(
    least({{ cost }} / v_candidate_costs[1], {{ costs.nearest }})
    + greatest({{ cost }} - v_candidate_costs[1] * {{ costs.nearest }}, 0) / v_candidate_costs[2]
)
--%- endmacro

--% macro uses_index(plan, index_id)
{#- Whether a plan (JSON) uses an index. -#}
jsonb_path_exists(
    {{ plan }},
    '$.**."Index Name" ? (@ == $name)',
    jsonb_build_object('name', (SELECT c.relname FROM pg_class AS c WHERE c.oid = {{ index_id }}))
)
--%- endmacro

--% macro is_name()
{#- Whether a collection can have this name. A longer one would be truncated to 63 bytes and find
    another collection. -#}
octet_length(collection) BETWEEN 1 AND 63 AND NOT starts_with(collection, '_')
--%- endmacro

--% macro is_for_filter(comment)
{#- Whether a partial index with this comment was made for the filter. -#}
right({{ comment }}, length(filters::text) + 20) = format('"partial_filters": %s}', filters)
--%- endmacro

--% macro find_index(vec)
{#- A query for the hnsw index of which a search of a collection that is a table needs nothing but
    the nearest rows: one of another precision, or, with a filter, a partial one made for that
    filter. create_index() writes a comment; where it is missing, _search_target() looks at the
    index's expression. -#}
SELECT a.atttypmod, i.indexrelid, x.comment, x.index_precision,
    (SELECT c.reltuples FROM pg_class AS c WHERE c.oid = i.indexrelid),
    pg_get_expr(i.indpred, i.indrelid)
INTO v_dimension, v_index, v_comment, v_precision, v_index_rows, v_predicate
FROM (
    SELECT i.*
    FROM pg_index AS i
    WHERE i.indrelid = v_table
        AND i.indisvalid
        AND i.indclass[0] >= 16384
        AND CASE
            WHEN v_partials IS NULL THEN i.indpred IS NULL
            ELSE i.indexrelid = ANY (v_partials)
        END
    OFFSET 0
) AS i
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'vec'
CROSS JOIN LATERAL (
    SELECT
        k.comment,
        CASE
            WHEN i.indkey[0] = a.attnum
                AND k.class LIKE '%vector_' || {{ operator_class() | indent(16) }} || '%hnsw%'
                THEN 'full'
            WHEN i.indkey[0] <> 0 OR starts_with(k.comment, '{"rows": ') IS NOT TRUE THEN NULL
            WHEN k.class LIKE '%halfvec_' || {{ operator_class() | indent(16) }} || '%hnsw%'
                THEN 'half'
            WHEN k.class LIKE '%bit_hamming_ops%hnsw%'
                AND {{ index_comment.measure('k.comment') | indent(16) }} = measure
                THEN 'binary'
        END AS index_precision
    FROM (
        SELECT
            pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0) AS class,
            {{ index_comment.comment('i.indexrelid') | indent(12) }} AS comment
        OFFSET 0
    ) AS k
    OFFSET 0
) AS x
WHERE a.atttypid = pg_typeof({{ vec }})
    AND x.index_precision IS NOT NULL
ORDER BY i.indkey[0] DESC
LIMIT 1;
--%- endmacro

--% macro has_partial()
{#- Find out whether there is a partial index, v_has_partial, and which ones were made for the
    filter, v_partials; NULL: none. -#}
SELECT
    count(*) > 0,
    array_agg(i.indexrelid) FILTER (
        WHERE {{ is_for_filter(index_comment.comment('i.indexrelid')) | indent(8) }}
    )
INTO v_has_partial, v_partials
FROM pg_index AS i
WHERE i.indrelid = v_table AND i.indpred IS NOT NULL AND i.indisvalid;
--%- endmacro

--% macro prepare_plain(vec)
{#- Decide whether this is a search for nothing but the nearest rows of all, or of those in a
    partial index, for which a list of candidates suffices: v_is_plain, NULL if an argument is NULL
    that must not be. Find the index, v_index, and prepare the search; NULL: prepare_other() may
    know one. -#}
v_is_plain := filters IS NOT NULL
    AND skip = 0
    AND max_distance IS NULL
    AND probes IS NULL
    AND strategy IN ('auto', 'index')
    AND top_k BETWEEN 1 AND {{ (1000 / costs.longer_list) | int }}
    AND (ef_search IS NULL OR ef_search BETWEEN top_k AND 1000)
    AND {{ vec }} IS NOT NULL
    AND {{ is_name() }};
IF v_is_plain THEN
    {{ find_table(vec) | indent(4) }}
    v_shards := {{ shard_count('v_table') | indent(4) }};
    v_is_plain := NOT row_security_active(v_table) AND v_shards IS NULL;
END IF;
IF v_is_plain THEN
    IF filters = '{}' AND v_view IS NULL THEN
        {{ covering_index(vec) | indent(8) }}
    END IF;
    IF filters = '{}' AND v_index IS NOT NULL THEN
        v_kept := {{ index_comment.measured('v_comment', 'ef_search') | indent(8) }}::integer;
        IF ef_search IS NOT NULL
            OR top_k > {{ (costs.list_size / costs.longer_list) | int }}
            OR v_kept IS NOT NULL
        THEN
            v_names := '{hnsw.ef_search}';
            v_settings := ARRAY[{{ list_size('top_k') | indent(12) }}::text];
        END IF;
        v_wanted := top_k;
        v_statement := format(
            'SELECT t.id::text, %s, %s FROM %s AS t ORDER BY 2 LIMIT $2',
            {{ distance(vec) | indent(12) }},
            {{ columns(vec, late=false) | indent(12) }},
            v_relation
        );
    ELSE
        v_is_plain := filters = '{}';
        IF NOT v_is_plain AND v_view IS NULL THEN
            {{ has_partial() | indent(12) }}
            v_is_plain := v_partials IS NOT NULL;
        END IF;
        IF v_is_plain AND v_view IS NULL THEN
            {{ find_index(vec) | indent(12) }}
            v_is_plain := filters = '{}' OR v_index IS NOT NULL;
        END IF;
        IF v_is_plain AND v_index IS NOT NULL THEN
            {{ prepare_list() | indent(12) }}
            v_is_plain := v_wanted <= least(1000, ef_search)
                AND v_index_rows > {{ index_pays() | indent(16) }};
            IF v_is_plain THEN
                {{ prepare_columns(vec) | indent(16) }}
                {{ prepare_nearest() | indent(16) }}
            END IF;
        END IF;
    END IF;
END IF;
--%- endmacro

--% macro check_arguments(vec)
{#- Replace NULL with defaults, and refuse what is invalid. -#}
IF (
    {{ vec }} IS NOT NULL
    AND top_k BETWEEN 0 AND 4000000000000000000
    AND skip = 0
    AND max_distance IS NULL
    AND ef_search IS NULL
    AND probes IS NULL
    AND strategy = 'auto'
    AND {{ operator() | indent(4) }} IS NOT NULL
) IS NOT TRUE THEN
    -- Beyond any number of rows, and low enough not to overflow.
    top_k := least(coalesce(top_k, 10), 4000000000000000000);
    skip := least(coalesce(skip, 0), 4000000000000000000);
    measure := coalesce(measure, 'cosine_distance');
    strategy := coalesce(strategy, 'auto');
    PERFORM vecs._check_search(
        {{ vec }} IS NULL, top_k, skip, measure, max_distance, ef_search, probes, strategy
    );
END IF;
--%- endmacro

--% macro find_target()
{#- Find the collection, and the index of any kind for the measure. -#}
SELECT x.relation, x.table_id, x.view_id, x.type, x.dimension, x.method, x.index_precision,
    x.index_id, {{ index_comment.comment('x.index_id') }}
INTO v_relation, v_table, v_view, v_type, v_dimension, v_method, v_precision, v_index, v_comment
FROM vecs._search_target(collection, {{ operator_class() }}) AS x;
--%- endmacro

--% macro look_up(vec, fast)
{#- Look up the collection and the index for the measure. -#}
v_method := NULL;
v_use_index := false;
v_few_match := false;
v_matches := NULL;
v_candidates := NULL;
IF {{ fast }} THEN
    -- prepare_plain() may have found it.
    IF v_relation IS NULL THEN
        {{ find_table(vec) | indent(8) }}
    END IF;
    v_type := NULL;
    IF v_view IS NULL THEN
        {{ covering_index(vec) | indent(8) }}
    END IF;
    v_method := CASE WHEN v_dimension IS NOT NULL THEN 'hnsw' END;
    v_precision := 'full';
END IF;
IF v_method IS NULL THEN
    -- Keep the collection from being dropped or altered until the search is done.
    PERFORM vecs._lock_collection(collection, 'read');
    {{ find_target() | indent(4) }}
END IF;
IF v_dimension > 0 AND v_dimension <> cardinality({{ vec }}::real[]) THEN
    {{ dimension_mismatch('cardinality(' ~ vec ~ '::real[])', 'v_dimension', 'collection')
        | indent(4) }}
END IF;
v_shards := coalesce(v_shards, {{ shard_count('v_table') | indent(8) }});
v_hides_rows := row_security_active(v_table);
v_distance := {{ distance(vec) }};
v_order := CASE WHEN v_precision <> 'full' THEN {{ approximate_distance(vec) | indent(4) }} END;
v_columns := {{ columns(vec) }};
--%- endmacro

--% macro estimate()
{#- Ask the planner how many rows match, and what finding and comparing them costs. This locks the
    collection against being dropped or altered until the search is done. -#}
v_statement := format('EXPLAIN SELECT FROM %s AS t%s', v_relation, ' WHERE ' || v_filter);
EXECUTE v_statement INTO v_estimate;
-- "Seq Scan on docs t  (cost=0.00..17161.00 rows=10000 width=0)". If the table's name has a line
-- break, the numbers are on another line and there is no estimate.
v_numbers := split_part(v_estimate, '(cost=', -1);
IF v_numbers ~ '^[0-9.]+ rows=[0-9]+ ' THEN
    v_matches := split_part(split_part(v_numbers, ' rows=', 2), ' ', 1);
    v_exact_cost := greatest(
        v_matches,
        split_part(split_part(v_numbers, '..', 2), ' ', 1)::double precision / CASE
            WHEN starts_with(v_estimate, 'Seq Scan') OR starts_with(v_estimate, 'Gather')
                THEN {{ costs.planner_scan }}
            ELSE {{ costs.planner_index }}
        END
    );
ELSE
    v_matches := 1;
    v_exact_cost := 1;
END IF;
SELECT c.reltuples, pg_stat_get_mod_since_analyze(c.oid) > 0.2 * c.reltuples
INTO v_row_count, v_is_stale
FROM pg_class AS c
WHERE c.oid = v_table;
-- An estimate far below what the planner would read is a default, not from statistics.
v_is_assumed := (v_exact_cost > {{ costs.always_exact }} OR strategy = 'index') AND NOT (
    v_row_count > 0 AND (v_matches * 3 >= v_exact_cost OR v_matches * 50 >= v_row_count)
);
-- Under row-level security the planner does not look at statistics, whose values it might tell.
IF v_is_stale
    OR v_is_assumed
    OR {{ is_combined() | indent(4) }}
    OR v_hides_rows
THEN
    v_sample := vecs._sampled_matches(
        collection, v_table, v_view, coalesce(v_filter, 'true'), v_matches
    );
    IF v_sample.matches IS NOT NULL THEN
        v_row_count := v_sample.row_count;
        v_exact_cost := v_exact_cost - v_matches + v_sample.matches;
        v_matches := v_sample.matches;
        v_is_assumed := false;
    END IF;
END IF;
--%- endmacro

--% macro estimate_on_shards()
{#- Ask a shard's planner what estimate() asks the planner. Without a filter the index is searched,
    however many rows there are: a round trip to ask for their number would cost as much. -#}
v_spread := CASE
    WHEN v_view IS NULL
        OR vecs._distribution_column(v_table) = (vecs._collection(collection)).id_column
        THEN v_shards
    ELSE 1
END;
IF v_filter IS NULL AND NOT v_hides_rows THEN
    v_exact_cost := 'Infinity';
ELSE
    SELECT e.matches, e.cost INTO v_matches, v_exact_cost
    FROM vecs._estimate_on_shards(v_relation, v_filter, v_spread = v_shards) AS e;
    IF v_exact_cost > {{ costs.always_exact }} OR strategy = 'index' THEN
        v_row_count := greatest(v_matches, vecs._estimated_rows(collection));
        v_is_assumed := v_matches * 3 < v_exact_cost AND v_matches * 50 < v_row_count;
        IF v_is_assumed OR {{ is_combined() | indent(8) }} OR v_hides_rows THEN
            v_sampled := vecs._sampled_on_shards(
                v_table, v_view, coalesce(v_filter, 'true'), v_matches, v_row_count
            );
            IF v_sampled IS NOT NULL THEN
                v_exact_cost := v_exact_cost - v_matches + v_sampled;
                v_matches := v_sampled;
                v_is_assumed := false;
            END IF;
        END IF;
        IF v_is_whole THEN
            v_row_count := v_matches;
        END IF;
    END IF;
END IF;
--%- endmacro

--% macro is_combined()
{#- Whether a filter has conditions on several keys, which the planner takes for independent;
    equalities are one condition. -#}
v_filter LIKE '% AND %' AND (
    filters::text LIKE '%"$and"%'
    OR jsonb_array_length(jsonb_path_query_array(filters, '$.keyvalue()')) > 1
)
--%- endmacro

--% macro rows_required()
{#- How many rows are wanted from the index, of which the top_k nearest are returned. -#}
CASE v_precision
    WHEN 'binary' THEN least(
        4000000000000000000,
        {{ costs.binary_over_fetch }} + {{ costs.binary_factor }} * top_k::numeric
    )
    ELSE top_k + {{ costs.over_fetch }}
END
--%- endmacro

--% macro choose()
{#- Choose between the index and an exact search, from v_matches and v_exact_cost. -#}
IF v_exact_cost > {{ costs.always_exact }} OR strategy = 'index' THEN
    IF v_matches IS NULL THEN
        v_row_count := v_exact_cost;
        v_selectivity := 1;
    ELSE
        v_selectivity := CASE
            WHEN v_is_assumed THEN 0.15
            ELSE least(1, greatest(v_matches, 1) / v_row_count)
        END;
    END IF;
    -- The farthest candidates are not reliably the nearest rows, so more rows are wanted.
    v_rows_required := {{ rows_required() | indent(4) }};
    v_candidates := v_rows_required / v_selectivity;
    v_kept := {{ index_comment.measured('v_comment', 'ef_search') | indent(4) }}::integer;
    v_list_size := coalesce(ef_search, least(1000, greatest(
        {{ costs.filtered_list_size }},
        CASE WHEN max_distance IS NOT NULL THEN 400 END,
        v_kept,
        nullif(current_setting('hnsw.ef_search', true), '')::integer
    )));
    -- With max_distance the index may miss rows near the limit, so it must save half of the work.
    -- Under row-level security a search in vain is not seen early, so it may take three times as
    -- long as expected.
    v_candidate_costs := coalesce(
        {{ index_comment.candidate_costs('v_comment') | indent(8) }},
        '{ {{- costs.candidate }}, {{ costs.candidate -}} }'
    );
    v_index_cost := {{ cost_of('greatest(v_candidates, v_list_size)') | indent(4) }} * CASE
        WHEN v_hides_rows THEN 3
        WHEN max_distance IS NOT NULL THEN 2
        ELSE 1
    END;
    v_use_index := strategy = 'index' OR v_index_cost <= v_exact_cost;
    IF strategy = 'index' THEN
        v_exact_cost := 'Infinity';
    END IF;
    v_affordable := {{ candidates_for('v_exact_cost') | indent(4) }};
END IF;
--%- endmacro

--% macro find_partial(vec)
{#- Look for a partial index that has all rows which match the filter. -#}
v_predicate := NULL;
v_index_rows := NULL;
IF v_has_partial IS NULL AND v_view IS NULL THEN
    {{ has_partial() | indent(4) }}
END IF;
v_is_whole := false;
IF v_has_partial AND strategy <> 'exact' THEN
    SELECT * INTO v_partial FROM vecs._partial_index(v_table, filters, measure) AS p;
    IF v_partial.index_id IS NOT NULL THEN
        v_predicate := v_partial.predicate;
        v_index_rows := v_partial.row_count;
        v_is_whole := v_partial.is_whole AND NOT v_hides_rows;
        v_index := v_partial.index_id;
        v_comment := {{ index_comment.comment('v_index') | indent(8) }};
        v_method := v_partial.method;
        v_precision := v_partial.index_precision;
        v_dimension := v_partial.dimension;
        v_order := CASE
            WHEN v_precision <> 'full' THEN {{ approximate_distance(vec) | indent(12) }}
        END;
    END IF;
END IF;
--%- endmacro

--% macro plan(vec)
{#- Plan a search: look up the collection, compile the filter, choose the way. -#}
FOR v_attempt IN 1..2 LOOP
    BEGIN
        {{ check_arguments(vec) | indent(8) }}
        {%- set fast = "v_attempt = 1 AND (filters <> '{}' OR v_shards IS NOT NULL)" %}
        {{ look_up(vec, fast ~ " AND " ~ is_name()) | indent(8) }}
        IF filters <> '{}' THEN
            v_filter := vecs._filter_sql(filters, v_table, v_view);
            {{ find_partial(vec) | indent(12) }}
        END IF;

        -- A row-level security policy is a filter, too.
        IF strategy = 'exact' OR top_k = 0 THEN
            NULL;
        ELSIF v_method IS NULL THEN
            PERFORM vecs._notice_no_index(collection, measure);
        ELSIF v_shards IS NOT NULL THEN
            {{ estimate_on_shards() | indent(12) }}
            {{ choose() | indent(12) }}
        ELSIF v_is_whole THEN
            -- EXPLAIN does so otherwise.
            PERFORM vecs._lock_collection(collection, 'read');
            v_matches := v_index_rows;
            v_exact_cost := v_index_rows;
            v_row_count := v_index_rows;
            {{ choose() | indent(12) }}
        ELSIF v_filter IS NOT NULL OR v_hides_rows THEN
            {{ estimate() | indent(12) }}
            v_row_count := coalesce(v_index_rows, v_row_count);
            {{ choose() | indent(12) }}
            v_few_match := v_exact_cost <= {{ costs.serial_exact }};
        ELSE
            v_exact_cost := coalesce(
                (
                    SELECT {{ rows_by_statistics('c') | indent(20) }}
                    FROM pg_class AS c
                    WHERE c.oid = v_table
                ),
                vecs._estimated_rows(collection)
            );
            {{ choose() | indent(12) }}
        END IF;
        -- It may have been dropped and created again in the meantime.
        EXIT WHEN to_regclass(v_relation) = coalesce(v_view, v_table);
    EXCEPTION
        {{ reraise() | indent(8) }}
        -- It was dropped concurrently.
        WHEN undefined_table THEN
            IF v_attempt = 2 THEN
                RAISE;
            END IF;
    END;
END LOOP;
--%- endmacro

--% macro exact_statement()
{#- The statement of an exact search. "+ 0" keeps the vector index from ordering the rows. If few
    rows match, a subquery hides the filter's operand from the planner: estimating it once more
    would take longer than the search. -#}
format(
    'SELECT t.id::text, %1$s + 0, %2$s FROM %3$s AS t%4$s ORDER BY 2, 1 LIMIT $2',
    v_distance,
    v_columns,
    v_relation,
    ' WHERE ' || CASE
        WHEN max_distance IS NOT NULL THEN concat_ws(
            ' AND ', '(' || v_filter || ')', v_distance || ' <= $3'
        )
        -- Rows of an adopted table may have no vector.
        WHEN v_view IS NOT NULL THEN concat_ws(' AND ', '(' || v_filter || ')', 't.vec IS NOT NULL')
        WHEN v_few_match AND v_shards IS NULL AND v_filter LIKE 'metadata @> ''%'''
            AND v_filter NOT LIKE 'metadata @> ''%''%'''
            THEN format('metadata @> (SELECT %s::jsonb)', substr(v_filter, 13))
        ELSE v_filter
    END
)
--%- endmacro

--% macro prepare_list()
{#- Choose how many rows the index has to return in a search for the nearest rows, v_wanted, and the
    length of its list of candidates. Of an index of another precision more rows are wanted: the
    nearest of them by their own distance are returned. -#}
v_kept := {{ index_comment.measured('v_comment', 'ef_search') }}::integer;
v_wanted := CASE v_precision WHEN 'full' THEN top_k ELSE {{ rows_required() | indent(4) }} END;
v_list_size := {{ list_size('v_wanted') }};
--%- endmacro

--% macro index_pays()
{#- A search of an index of more rows than this is by the index, whatever the planner estimates. -#}
greatest(
    {{ costs.always_exact }},
    {{ costs.candidate }} * greatest({{ costs.filtered_list_size }}, v_list_size)
)
--%- endmacro

--% macro prepare_columns(vec)
{#- Prepare what the statement of a search for the nearest rows consists of. -#}
v_distance := {{ distance(vec) }};
v_order := CASE WHEN v_precision <> 'full' THEN {{ approximate_distance(vec) | indent(4) }} END;
v_columns := {{ columns(vec, late=false) }};
--%- endmacro

--% macro prepare_nearest()
{#- Prepare the statement of a search for nothing but the nearest rows, of all or of those in a
    partial index, and the settings to run it with. It returns v_wanted rows, in the order of the
    index. enable_sort: the planner does not count what it takes to read long vectors, which are not
    in the row, and takes a search for exact that a partial index serves. prepare_list() comes
    before. -#}
v_statement := format(
    'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
    v_distance, v_columns, v_relation, ' WHERE ' || v_predicate, coalesce(v_order, '2')
);
v_names := NULL;
v_settings := NULL;
IF v_list_size::text IS DISTINCT FROM current_setting('hnsw.ef_search', true) THEN
    v_names := '{hnsw.ef_search}';
    v_settings := ARRAY[v_list_size::text];
END IF;
IF v_dimension > 2000 OR v_predicate IS NOT NULL THEN
    v_names := v_names || 'enable_sort'::text;
    v_settings := v_settings || 'off'::text;
END IF;
--%- endmacro

--% macro is_trusted()
{#- Whether rows within max_distance may be taken for complete, from where candidates lie. Bits do
    not keep enough to the order of distances. -#}
v_method = 'hnsw' AND v_precision <> 'binary' AND strategy = 'auto'
--%- endmacro

--% macro is_whole_nearest()
{#- Whether a partial index has just the rows that match, and a list of candidates suffices. -#}
v_use_index
    AND v_is_whole
    AND v_predicate IS NOT NULL
    AND v_method = 'hnsw'
    AND max_distance IS NULL
    AND v_rows_required <= least(1000, ef_search)
--%- endmacro

--% macro prepare_other(vec)
{#- Decide whether an hnsw index that find_index() does not find, such as one of halfvecs, serves a
    search for nothing but the nearest rows: v_is_plain. Prepare it: v_statement, and the settings
    to run it with. -#}
v_is_plain := EXISTS (
    SELECT FROM pg_index AS i WHERE i.indrelid = v_table AND i.indclass[0] >= 16384
);
IF v_is_plain THEN
    {{ find_target() | indent(4) }}
    {{ prepare_list() | indent(4) }}
    v_is_plain := v_method = 'hnsw'
        AND v_dimension = cardinality({{ vec }}::real[])
        AND v_wanted <= least(1000, ef_search)
        AND (
            SELECT {{ rows_by_statistics('c') | indent(12) }}
            FROM pg_class AS c
            WHERE c.oid = v_table
        ) > {{ index_pays() | indent(8) }};
END IF;
IF v_is_plain THEN
    {{ prepare_columns(vec) | indent(4) }}
    {{ prepare_nearest() | indent(4) }}
END IF;
--%- endmacro

--% macro prepare_candidates()
{#- Prepare a search by the index: v_statement, and the settings to run it with. The statement
    returns the nearest candidates, whether they match or not, so that _search_candidates() sees how
    many do. enable_sort: the index orders the rows, whatever the planner estimates. -#}
v_statement := format(
    'SELECT t.id::text, %s, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
    -- So is the distance of those, where the index has not computed it.
    CASE
        WHEN v_order IS NULL OR v_filter IS NULL THEN v_distance
        ELSE format('CASE WHEN %s THEN %s ELSE ''Infinity'' END', v_filter, v_distance)
    END,
    -- Metadata of rows that match is enough.
    CASE
        WHEN v_view IS NULL OR v_filter IS NULL THEN v_columns
        ELSE replace(
            v_columns,
            'vecs._late_metadata(coalesce(t.metadata, ''{}''))',
            format('CASE WHEN %s THEN coalesce(t.metadata, ''{}'') END', v_filter)
        )
    END,
    coalesce(v_filter, 'true'),
    v_relation,
    ' WHERE ' || v_predicate,
    coalesce(v_order, '2')
);
IF v_method = 'hnsw' THEN
    v_names := '{enable_sort,hnsw.ef_search,hnsw.iterative_scan,hnsw.max_scan_tuples}';
    -- The last one limits the rows whose distance is computed.
    v_settings := ARRAY[
        'off',
        v_list_size::text,
        'relaxed_order',
        {{ scan_limit('1') | indent(8) }}
    ];
ELSE
    v_names := '{enable_sort,ivfflat.probes,ivfflat.iterative_scan}';
    v_settings := ARRAY[
        'off',
        {{ probes() | indent(8) }}::text,
        'relaxed_order'
    ];
END IF;
--%- endmacro

--% macro prepare_shards()
{#- Prepare a search of a distributed collection by the index: v_statement, how many rows it has to
    find, v_wanted, and the settings to run it with. Each shard returns the nearest rows that match
    of its own. Rows are spread over the shards by a hash of their ids, so of n candidates
    n / v_spread are expected on each, and most often not more than three standard deviations
    beyond. -#}
v_names := NULL;
v_settings := NULL;
v_is_plain := v_method = 'hnsw'
    AND (v_filter IS NULL AND NOT v_hides_rows OR v_is_whole)
    AND v_rows_required <= least(1000, ef_search);
IF v_is_plain THEN
    {{ prepare_list() | indent(4) }}
ELSE
    v_wanted := v_rows_required;
END IF;
v_list_size := coalesce(ef_search, greatest(
    {{ costs.list_size }}, least(1000, ceil({{ on_a_shard('v_list_size') }}))
));
v_statement := format(
    'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
    v_distance,
    v_columns,
    v_relation,
    ' WHERE ' || nullif(concat_ws(
        ' AND ',
        v_predicate,
        CASE WHEN NOT v_is_plain THEN '(' || v_filter || ')' END,
        CASE WHEN v_view IS NOT NULL THEN 't.vec IS NOT NULL' END
    ), ''),
    coalesce(v_order, '2')
);
IF v_method = 'hnsw' AND (v_list_size <> {{ costs.list_size }} OR NOT v_is_plain) THEN
    v_names := v_names || 'hnsw.ef_search'::text;
    v_settings := v_settings || v_list_size::text;
END IF;
IF NOT v_is_plain AND v_method = 'hnsw' THEN
    v_names := v_names || '{hnsw.iterative_scan,hnsw.max_scan_tuples}'::text[];
    v_settings := v_settings || ARRAY['relaxed_order', {{ scan_limit('v_spread') }}];
ELSIF v_method = 'ivfflat' THEN
    v_names := v_names || '{ivfflat.probes,ivfflat.iterative_scan}'::text[];
    v_settings := v_settings || ARRAY[{{ probes() | indent(8) }}::text, 'relaxed_order'];
END IF;
-- The function's SET clause does not reach the shards. For jit see query().
IF NOT v_is_plain OR v_dimension > 2000 OR v_predicate IS NOT NULL THEN
    v_names := v_names || '{enable_sort,jit}'::text[];
    v_settings := v_settings || '{off,off}'::text[];
END IF;
--%- endmacro

--% macro on_a_shard(candidates)
{#- Of so many candidates, how many one of the shards has at most. -#}
(
    {{ candidates }} / v_spread::double precision
    + CASE
        WHEN v_spread = 1 THEN 0
        ELSE 3 * sqrt({{ candidates }} / v_spread::double precision)
    END
)
--%- endmacro

--% macro scan_limit(shards)
{#- How many rows may be compared on each shard in a search by the index: as many as cost what an
    exact search does. -#}
least(2000000000, ceil(CASE
    WHEN v_hides_rows AND strategy = 'auto' THEN v_index_cost
    ELSE greatest(20000, v_exact_cost)
END / {{ shards }}))::text
--%- endmacro

--% macro probes()
{#- How many lists of an ivfflat index are searched. -#}
coalesce(probes, greatest(
    -- The vecs client uses 10.
    coalesce({{ index_comment.measured('v_comment', 'probes') | indent(4) }}::integer, 10),
    nullif(current_setting('ivfflat.probes', true), '')::integer
))
--%- endmacro

--% macro nearest_on_shards(query_vec)
{#- A query for the result of a search of a distributed collection. -#}
SELECT s.id, s.distance, s.vec, s.metadata
FROM (
    SELECT f.*, max(f.position) FILTER (WHERE f.id IS NULL) OVER () AS mark
    FROM vecs._nearest_on_shards(
        v_use_index, v_statement, v_exact_statement, {{ query_vec }}, v_wanted, top_k, max_distance,
        v_names, v_settings
    ) WITH ORDINALITY AS f (id, distance, vec, metadata, position)
) AS s
WHERE s.position > coalesce(s.mark, 0) AND s.distance <= max_distance IS NOT FALSE
ORDER BY s.distance, s.id
LIMIT top_k
--%- endmacro

--% macro candidates_limit(rows_required, affordable)
{#- How many candidates the index may return at most: they cost as much as an exact search. -#}
least(
    4000000000000000000, {{ rows_required }} + ceil({{ affordable }})
)::bigint
--%- endmacro

--% macro next_list_size(size)
{#- The size of the list that pages are cut from after one of this size: 100, 1,000, and so on. -#}
10 ^ greatest(2, ceil(log({{ size }}::numeric + 1)))
--%- endmacro

--% macro quiet()
{#- A value of client_min_messages that hides notices, unless v_messages, the present one, hides
    more. -#}
CASE WHEN v_messages IN ('error', 'fatal', 'panic') THEN v_messages ELSE 'warning' END
--%- endmacro
