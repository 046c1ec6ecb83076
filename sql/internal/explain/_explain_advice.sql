-- _explain_advice: advise what would make a search faster.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._explain_advice(
    collection text,
    measure text,
    filters jsonb,
    estimated_matches double precision,
    steps jsonb,
    matching_rows bigint
)
RETURNS SETOF text
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_table regclass := v_collection.table_id;
    v_on_shards boolean := {{ shard_count('v_table') | indent(4) }} IS NOT NULL;
    v_rows bigint := (vecs._approximate_count(v_table)).row_count;
    v_bytes bigint := vecs._relation_bytes(v_table, true);
    v_index text;
    v_missing text;
    v_path text[];
    v_kind text;
    v_reads_all_rows boolean;
    v_misestimated boolean;
    v_advised boolean := false;
BEGIN
    SELECT i.name, array_to_string(i.missing, ', ') INTO v_index, v_missing
    FROM vecs._vector_indexes(v_table, v_collection.vec_column) AS i
    WHERE NOT i.valid AND i.measure = _explain_advice.measure AND i.filters IS NULL
    LIMIT 1;
    IF v_missing IS NOT NULL THEN
        RETURN NEXT format(
            'These partitions have no valid index for %s: %s. Create one on the whole table:'
            ' SELECT vecs.create_index(%L, %L);',
            measure, v_missing, collection, measure
        );
    ELSIF v_index IS NOT NULL THEN
        RETURN NEXT format(
            'The index %s is invalid because its build failed. Build it again:'
            ' SELECT vecs.create_index(%L, %L);',
            v_index, collection, measure
        );
    ELSIF NOT vecs.has_index(collection, measure)
        AND v_rows > 1000
        AND steps -> -1 ->> 'way' <> 'index'
    THEN
        RETURN NEXT format(
            'No index covers %s. Create one: SELECT vecs.create_index(%L, %L);',
            measure, collection, measure
        );
    END IF;

    v_reads_all_rows := filters <> '{}' AND steps -> -1 ->> 'plan' ~ 'Seq Scan'
        AND v_rows > 1000 AND matching_rows < v_rows / 5;
    -- Without a vector index the filter was not estimated: that counts as an estimate of few rows.
    v_misestimated := filters <> '{}' AND NOT greatest(matching_rows, 100)
        BETWEEN greatest(estimated_matches, 100) / 10 AND greatest(estimated_matches, 100) * 10;
    IF v_reads_all_rows OR v_misestimated THEN
        FOR v_path, v_kind IN
            SELECT p.keys, p.kind FROM vecs._indexable_paths(filters) AS p
            WHERE concat_ws(' ', nullif(p.kind, 'value'), to_jsonb(p.keys))
                <> ALL (vecs._indexed_paths(v_table, v_collection.view_id))
                -- Of an adopted table any index on the column counts.
                AND NOT EXISTS (
                    SELECT
                    FROM vecs._view_origin(v_collection.view_id::oid, p.keys[1]) AS o (origin)
                    JOIN pg_index AS i
                        ON i.indrelid = o.origin[1] AND i.indkey[0] = o.origin[2]::integer
                )
        LOOP
            v_advised := true;
            RETURN NEXT format(
                'No index serves the condition on %s. Create one:'
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
    IF v_reads_all_rows AND NOT v_advised AND v_collection.view_id IS NOT NULL THEN
        RETURN NEXT format(
            'No index serves this filter, so about %s rows are read. create_metadata_index()'
            ' indexes a column of the table, or a key of its metadata column.',
            v_rows
        );
    ELSIF v_reads_all_rows AND NOT v_advised THEN
        RETURN NEXT format(
            'No index serves this filter, so the metadata of about %s rows is read. The index that'
            ' create_collection() makes serves equality, $contains, $any, $all and a short $in.'
            ' create_metadata_index() makes indexes for ranges, a long $in, times, $startswith and'
            ' $like with a fixed prefix. No index serves $ne, $nin, $not, $nor, $exists and $ilike:'
            ' add a condition that an index serves.',
            v_rows
        );
    END IF;

    -- The table of a distributed collection has none on this node.
    IF matching_rows > 0 AND NOT v_on_shards AND NOT EXISTS (
        SELECT FROM pg_class AS c WHERE c.oid = v_table AND (c.reltuples > 0 OR c.relkind <> 'r')
    ) THEN
        RETURN NEXT format(
            'The planner has no statistics for this collection. Collect them: ANALYZE %s;', v_table
        );
    ELSIF v_misestimated AND estimated_matches IS NOT NULL AND NOT v_advised THEN
        RETURN NEXT format(
            'The planner estimates that %s rows match, but %s do. Update its statistics:'
            ' ANALYZE %s;',
            estimated_matches, matching_rows, v_table
        );
    END IF;

    IF row_security_active(v_table) THEN
        RETURN NEXT 'Row-level security is active and works as a further filter.';
    END IF;
    IF pg_stat_get_dead_tuples(v_table)
        > 0.2 * greatest(pg_stat_get_live_tuples(v_table), 1000)
    THEN
        RETURN NEXT format(
            'Many deleted or replaced rows still take space and time: VACUUM %s;', v_table
        );
    END IF;
    -- Other nodes have other memory.
    IF NOT v_on_shards AND v_bytes > pg_size_bytes(current_setting('shared_buffers')) THEN
        RETURN NEXT format(
            'The collection and its indexes take %s, but shared_buffers is %s. Searches are fastest'
            ' when the vector index fits into memory.',
            pg_size_pretty(v_bytes), current_setting('shared_buffers')
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._explain_advice(text, text, jsonb, double precision, jsonb, bigint) IS
$doc$Return what makes a search slow and what to do about it, in words, with the statement to run where there is one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_advice(text, text, jsonb, double precision, jsonb, bigint) TO PUBLIC;
