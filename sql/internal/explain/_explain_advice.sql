-- _explain_advice: what makes a search slow and what could be done, in words.

CREATE OR REPLACE FUNCTION vecs._explain_advice(
    collection text,
    measure text,
    filters jsonb,
    plan jsonb,
    steps jsonb,
    matching bigint
)
RETURNS SETOF text
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_table regclass := (vecs._collection(collection)).table_id;
    v_rows bigint := (vecs._approximate_count(v_table)).row_count;
    v_matches double precision := plan ->> 'matches';
    v_bytes bigint := vecs._table_bytes(v_table);
    v_index text;
    v_path text[];
    v_kind text;
    v_read_all boolean;
    v_surprised boolean;
    v_advised boolean := false;
BEGIN
    SELECT i.name INTO v_index
    FROM vecs._vector_indexes(v_table) AS i
    WHERE NOT i.valid AND i.measure = _explain_advice.measure
    LIMIT 1;
    IF v_index IS NOT NULL THEN
        RETURN NEXT format(
            'The index %s is not valid: its build failed. Build it again:'
            ' SELECT vecs.create_index(%L, %L);',
            v_index, collection, measure
        );
    ELSIF NOT vecs.has_index(collection, measure) AND v_rows > 1000 THEN
        RETURN NEXT format(
            'No index covers %s. Build one: SELECT vecs.create_index(%L, %L);',
            measure, collection, measure
        );
    END IF;

    v_read_all := filters <> '{}' AND steps -> -1 ->> 'plan' ~ 'Seq Scan'
        AND v_rows > 1000 AND matching < v_rows / 5;
    v_surprised := NOT greatest(matching, 100)
        BETWEEN greatest(v_matches, 100) / 10 AND greatest(v_matches, 100) * 10;
    IF v_read_all OR v_surprised THEN
        FOR v_path, v_kind IN
            SELECT p.keys, p.kind FROM vecs._ranged_paths(filters) AS p
            WHERE concat_ws(' ', nullif(p.kind, 'value'), to_jsonb(p.keys))
                <> ALL (vecs._indexed_paths(v_table))
        LOOP
            v_advised := true;
            RETURN NEXT format(
                'No index tells which rows match the condition on %s. Make one:'
                ' SELECT vecs.create_metadata_index(%L, %s%s);',
                array_to_string(v_path, '.'), collection,
                CASE cardinality(v_path)
                    WHEN 1 THEN quote_literal(v_path[1])
                    ELSE 'path => ' || quote_literal(v_path) || '::text[]'
                END,
                ', kind => ' || quote_literal(nullif(v_kind, 'value'))
            );
        END LOOP;
    END IF;
    IF v_read_all AND NOT v_advised THEN
        RETURN NEXT format(
            'No index serves this filter: the metadata of all rows, about %s, are read. Equality,'
            ' $contains, $any, $all and a short $in have an index from the beginning, ranges, a'
            ' long $in, times, $startswith and $like with a fixed beginning with'
            ' create_metadata_index(); $ne, $nin, $not, $nor, $exists and $ilike have none: add a'
            ' condition that has one, if there is.',
            v_rows
        );
    END IF;

    IF matching > 0 AND NOT EXISTS (
        SELECT FROM pg_class AS c WHERE c.oid = v_table AND (c.reltuples > 0 OR c.relkind <> 'r')
    ) THEN
        RETURN NEXT format(
            'The planner has no statistics of this collection and guesses: ANALYZE %s;', v_table
        );
    ELSIF v_surprised AND NOT v_advised THEN
        RETURN NEXT format(
            'The planner expects %s rows where %s match. Newer statistics may help: ANALYZE %s;',
            v_matches, matching, v_table
        );
    END IF;

    IF row_security_active(v_table) THEN
        RETURN NEXT 'Row-level security hides rows from you; it works as a further filter.';
    END IF;
    IF pg_stat_get_dead_tuples(v_table)
        > 0.2 * greatest(pg_stat_get_live_tuples(v_table), 1000)
    THEN
        RETURN NEXT format(
            'Many rows were deleted or replaced and are still in the way: VACUUM %s;', v_table
        );
    END IF;
    IF v_bytes > pg_size_bytes(current_setting('shared_buffers')) THEN
        RETURN NEXT format(
            'The collection takes %s with its indexes, and shared_buffers is %s: pages that are not'
            ' in memory are read again and again. A search is fastest while the vector index fits.',
            pg_size_pretty(v_bytes), current_setting('shared_buffers')
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._explain_advice(text, text, jsonb, jsonb, jsonb, bigint) IS
$doc$What makes a search slow and what could be done, in words, each with the statement to run where there is one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_advice(text, text, jsonb, jsonb, jsonb, bigint) TO PUBLIC;
