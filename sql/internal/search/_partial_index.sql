-- _partial_index: find the smallest partial index whose conditions are all among those of a filter.
-- Its predicate is returned as PostgreSQL prints it, so that the planner sees that it holds for a
-- search that has it in its WHERE clause.

CREATE OR REPLACE FUNCTION vecs._partial_index(
    table_id regclass,
    filters jsonb,
    measure text,
    OUT index_id oid,
    OUT method text,
    OUT index_precision text,
    OUT type regtype,
    OUT dimension integer,
    OUT predicate text,
    OUT row_count double precision,
    OUT is_whole boolean
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_ops text := (vecs._measure(measure)).ops;
    v_text text := filters::text;
    v_conditions jsonb;
    v_found record;
BEGIN
    FOR v_found IN
        SELECT x.indexrelid, x.indrelid, x.indpred, m.amname, a.atttypid, a.atttypmod, c.reltuples,
            CASE WHEN x.indkey[0] = a.attnum THEN 'full' ELSE 'half' END AS index_precision,
            p.filters
        FROM pg_index AS x
        JOIN pg_class AS c ON c.oid = x.indexrelid
        JOIN pg_opclass AS o ON o.oid = x.indclass[0]
        JOIN pg_am AS m ON m.oid = o.opcmethod
        JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attname = 'vec'
        CROSS JOIN LATERAL (
            SELECT vecs._partial_filters(x.indexrelid::regclass) OFFSET 0
        ) AS p (filters)
        WHERE x.indrelid = table_id
            AND x.indpred IS NOT NULL
            AND x.indisvalid
            AND x.indkey[0] IN (0, a.attnum)
            AND o.opcname IN ('vector_' || v_ops || '_ops' COLLATE "C",
                'halfvec_' || v_ops || '_ops' COLLATE "C")
            -- A quick look, which leaves few of many: its conditions are in the filter's text.
            AND NOT EXISTS (
                SELECT
                FROM jsonb_each(p.filters) AS e
                WHERE e.key <> '$and'
                    AND (
                        strpos(v_text, to_jsonb(e.key)::text) = 0
                        OR jsonb_typeof(e.value) <> 'object' AND strpos(v_text, e.value::text) = 0
                    )
            )
            AND p.filters IS NOT NULL
        ORDER BY
            p.filters = _partial_index.filters DESC,
            -- On shards the coordinator counts none.
            CASE
                WHEN c.reltuples > 0 THEN c.reltuples
                ELSE vecs._rows_when_built(x.indexrelid::regclass)
            END,
            c.relname
    LOOP
        is_whole := v_found.filters = filters;
        IF NOT is_whole THEN
            v_conditions := coalesce(v_conditions, vecs._conditions(filters));
            CONTINUE WHEN EXISTS (
                SELECT
                FROM jsonb_array_elements(vecs._conditions(v_found.filters)) AS k (condition)
                WHERE NOT v_conditions @> jsonb_build_array(k.condition)
            );
            is_whole := vecs._conditions(v_found.filters) @> v_conditions;
        END IF;
        index_id := v_found.indexrelid;
        method := v_found.amname;
        index_precision := v_found.index_precision;
        type := v_found.atttypid;
        dimension := v_found.atttypmod;
        predicate := pg_get_expr(v_found.indpred, v_found.indrelid);
        row_count := greatest(v_found.reltuples, 1);
        RETURN;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._partial_index(regclass, jsonb, text) IS
$doc$Return the smallest valid partial index of a collection for a measure that has all rows which match a filter: the index, its access method and precision, the type and dimension of the vectors, its predicate as SQL, its number of rows, and whether it has no other rows. NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._partial_index(regclass, jsonb, text) TO PUBLIC;
