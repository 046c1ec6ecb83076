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
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_table regclass := (vecs._collection(collection)).table_id;
    v_rows bigint := (vecs._approximate_count(v_table)).row_count;
    v_matches double precision := plan ->> 'matches';
    v_bytes bigint := vecs._table_bytes(v_table);
    v_index text;
    v_key text;
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

    IF steps -> -1 ->> 'plan' ~ 'Seq Scan' AND v_rows > 1000 AND matching < v_rows / 5 THEN
        RETURN NEXT format(
            'No index serves this filter: the metadata of all rows, about %s, are read. Equality,'
            ' $contains, $any, $all and a short $in have an index from the beginning, ranges and a'
            ' long $in with create_metadata_index(); $ne, $nin, $not, $nor, $exists, $like, $ilike'
            ' and $startswith have none: add a condition that has one, if there is.',
            v_rows
        );
        FOR v_key IN
            SELECT e.key FROM jsonb_each(filters) AS e
            WHERE jsonb_typeof(e.value) = 'object'
                AND e.value ?| '{$gt,$gte,$lt,$lte,$between,$in}'
                AND NOT to_jsonb(ARRAY[e.key])::text = ANY (vecs._indexed_paths(v_table))
        LOOP
            RETURN NEXT format(
                'Index the key: SELECT vecs.create_metadata_index(%L, %L);', collection, v_key
            );
        END LOOP;
    END IF;

    IF (plan ->> 'row_count')::double precision <= 0 AND matching > 0 THEN
        RETURN NEXT format(
            'The planner has no statistics of this collection and guesses: ANALYZE %s;', v_table
        );
    ELSIF v_matches IS NOT NULL
        AND NOT greatest(matching, 100) BETWEEN greatest(v_matches, 100) / 10
            AND greatest(v_matches, 100) * 10
    THEN
        RETURN NEXT format(
            'The planner expects %s rows where %s match. Newer statistics may help: ANALYZE %s; or,'
            ' for a range, create_metadata_index() on its key.',
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
