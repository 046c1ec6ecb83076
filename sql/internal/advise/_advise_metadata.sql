-- _advise_metadata: what would make filters on a collection's metadata faster.
-- The list of what a GIN index has not sorted yet is read as a whole by each search. Its length is
-- known to the extension pgstattuple alone. For the statistics of shards see _advise_shards().
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._advise_metadata(
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
    v_table regclass := v_collection.table_id;
    v_column text;
    v_rows bigint := (vecs._approximate_count(v_table)).row_count;
    v_how text;
    v_is_protected boolean;
    v_pgstattuple text;
    v_index regclass;
    v_pages integer;
BEGIN
    -- PostgreSQL cannot index a partitioned table concurrently.
    SELECT CASE c.relkind WHEN 'p' THEN '' ELSE 'CONCURRENTLY ' END, c.relrowsecurity
    INTO v_how, v_is_protected
    FROM pg_class AS c
    WHERE c.oid = v_table;

    RETURN QUERY
    SELECT
        'warning',
        CASE
            WHEN c.reltuples < 0
                THEN 'there are no statistics, so that searches with a filter are planned blindly'
            ELSE format(
                'the statistics are of %s rows, and %s were written since',
                c.reltuples::bigint, pg_stat_get_mod_since_analyze(c.oid)
            )
        END,
        format('ANALYZE %s;', v_table)
    FROM pg_class AS c
    WHERE c.oid = v_table
        AND v_rows > 0
        AND {{ shard_count('v_table') | indent(8) }} IS NULL
        AND (
            c.reltuples < 0 AND c.relkind = 'r'
            OR pg_stat_get_mod_since_analyze(c.oid) > greatest(1000, 0.2 * c.reltuples)
            -- What was written just before the ANALYZE is counted after it. Then the table has as
            -- many pages as before, and no dead rows.
            AND (
                pg_relation_size(c.oid) > 1.1 * c.relpages * current_setting('block_size')::bigint
                OR pg_stat_get_dead_tuples(c.oid) > 0.1 * c.reltuples
            )
        );

    v_column := CASE
        WHEN v_collection.view_id IS NULL THEN v_collection.metadata_column
        ELSE (
            SELECT a.attname
            FROM vecs._view_origin(v_collection.view_id::oid, '_metadata') AS o (origin)
            JOIN pg_attribute AS a
                ON a.attrelid = v_table AND a.attnum = o.origin[2]::integer
        )
    END;
    RETURN QUERY
    SELECT
        'warning',
        format(
            'the column "%s" has no GIN index: a filter on it reads all %s rows', v_column, v_rows
        ),
        format(
            'CREATE INDEX %sON %s USING gin (%I jsonb_path_ops);', v_how, v_table, v_column
        )
    FROM pg_attribute AS a
    WHERE a.attrelid = v_table
        AND a.attname = v_column COLLATE "C"
        AND a.atttypid = 'jsonb'::regtype
        AND v_rows > {{ costs.always_exact }}
        AND NOT EXISTS (
            SELECT
            FROM pg_index AS i
            JOIN pg_class AS c ON c.oid = i.indexrelid
            JOIN pg_am AS m ON m.oid = c.relam
            WHERE i.indrelid = v_table
                AND m.amname = 'gin'
                AND a.attnum = ANY (i.indkey)
                AND i.indisvalid
                AND i.indpred IS NULL
        );

    RETURN QUERY
    SELECT
        'warning',
        format(
            'the policy "%s" compares the key "%s" of each row, and there is no index on it',
            p.polname, k.matched[1]
        ),
        format('CREATE INDEX %sON %s ((%I ->> %L));', v_how, v_table, v_column, k.matched[1])
    FROM pg_policy AS p
    CROSS JOIN LATERAL regexp_matches(
        pg_get_expr(p.polqual, p.polrelid), '[(]metadata ->> ''([^'']+)''::text[)]', 'g'
    ) AS k (matched)
    WHERE p.polrelid = v_table
        AND v_is_protected
        AND v_column = 'metadata'
        AND NOT EXISTS (
            SELECT
            FROM pg_index AS i
            WHERE i.indrelid = v_table
                AND strpos(pg_get_expr(i.indexprs, i.indrelid), k.matched[1]) > 0
        )
    UNION
    SELECT
        'warning',
        format(
            'the policy "%s" compares the column "%s" of each row, and there is no index on it',
            p.polname, a.attname
        ),
        format('CREATE INDEX %sON %s (%I);', v_how, v_table, a.attname)
    FROM pg_policy AS p
    JOIN pg_depend AS d
        ON d.classid = 'pg_policy'::regclass
        AND d.objid = p.oid
        AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = p.polrelid
    JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE p.polrelid = v_table
        AND v_is_protected
        -- What a btree serves.
        AND strpos(
            pg_get_expr(p.polqual, p.polrelid), format('(%I = ', a.attname)
        ) > 0
        AND a.attname IS DISTINCT FROM v_column COLLATE "C"
        AND a.attname <> v_collection.vec_column COLLATE "C"
        AND NOT EXISTS (
            SELECT FROM pg_index AS i WHERE i.indrelid = v_table AND i.indkey[0] = a.attnum
        );

    SELECT p.pronamespace::regnamespace INTO v_pgstattuple
    FROM pg_extension AS e
    JOIN pg_proc AS p ON p.pronamespace = e.extnamespace
    WHERE e.extname = 'pgstattuple'
        AND p.proname = 'pgstatginindex'
        AND has_function_privilege(p.oid, 'EXECUTE');
    FOR v_index IN
        SELECT i.indexrelid
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_am AS m ON m.oid = c.relam
        WHERE i.indrelid = v_table AND m.amname = 'gin' AND i.indisvalid AND c.relkind = 'i'
            AND v_pgstattuple IS NOT NULL
    LOOP
        EXECUTE format(
            'SELECT g.pending_pages FROM %s.pgstatginindex($1) AS g', v_pgstattuple
        ) INTO v_pages USING v_index;
        IF v_pages >= 32 THEN
            severity := 'warning';
            finding := format(
                'the index "%s" has %s pages that are not sorted yet, which each search with a'
                ' filter reads',
                v_index, v_pages
            );
            statement := format('SELECT gin_clean_pending_list(%L);', v_index);
            RETURN NEXT;
        END IF;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_metadata(text) IS
$doc$Return what advise() finds of a collection's metadata: statistics that are missing or stale, no GIN index, policies of row-level security on what no index serves, and a GIN index with a long list of pending rows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_metadata(text) TO PUBLIC;
