-- _finish_index: try a new vector index, let it take the place of others, and write its comment.
-- An index in place of others has another name until now. Built concurrently, those cannot be
-- dropped here: they are renamed, for DROP INDEX CONCURRENTLY. As long as there is one the planner
-- may prefer it, so _try_built_index() tries the new one after that, which knows it by its comment.
--% from 'macros/errors.sql' import reraise with context
--% from 'macros/shards.sql' import shard_count

--% macro try_index()
IF NOT v_tried THEN
    SELECT t.tried, t.candidate_costs INTO v_tried, v_costs
    FROM vecs._try_index(collection, measure, v_index.index_id, index_precision, filters) AS t;
END IF;
--%- endmacro

CREATE OR REPLACE FUNCTION vecs._finish_index(
    collection text,
    measure text,
    filters jsonb,
    index_precision text,
    min_recall double precision,
    new_name text,
    final_name text,
    replaced text[],
    old_names text[]
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_schema text := vecs._schema(v_collection.table_id);
    v_shards integer := {{ shard_count('v_collection.table_id') | indent(4) }};
    v_index record;
    v_mark text;
    v_tried boolean;
    v_costs numeric[];
    v_name text := final_name;
    v_replaced text;
    v_old_name text;
    v_comment jsonb;
    v_detail text;
    v_hint text;
BEGIN
    -- _vector_indexes() knows a partial index by its comment.
    SELECT c.oid::regclass AS index_id, c.relname, m.amname AS method
    INTO v_index
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = v_collection.table_id
        AND c.relname = new_name COLLATE "C"
        AND (i.indisvalid OR c.relkind = 'I');
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.index_not_found.sqlstate }}',
            MESSAGE = format(
                'the index "%s" of collection "%s" was not built', new_name, collection
            ),
            HINT = 'The error of CREATE INDEX says why.';
    END IF;
    IF index_precision = 'binary' THEN
        PERFORM vecs._check_binary(collection, measure, min_recall);
    END IF;

    -- The planner may prefer the old index to a denser one. Then the searches wait until it is
    -- dropped, and readers wait for them, about a second. Of shards it is not known what they use.
    PERFORM vecs._refresh_statistics(v_collection.table_id);
    IF v_index.method = 'hnsw' AND cardinality(old_names) > 0 THEN
        v_mark := right(new_name, 7);
    END IF;
    v_tried := v_index.method <> 'hnsw' OR v_mark IS NOT NULL;
    IF v_shards IS NULL OR replaced = '{}' THEN
        {{ try_index() | indent(8) }}
    END IF;
    FOR v_replaced, v_old_name IN
        SELECT c.relname, r.old_name
        FROM unnest(replaced, old_names) AS r (name, old_name)
        JOIN pg_class AS c ON c.relname = r.name COLLATE "C"
        JOIN pg_index AS i ON i.indexrelid = c.oid
        WHERE i.indrelid = v_collection.table_id
    LOOP
        EXECUTE format(
            CASE
                WHEN v_old_name IS NULL THEN 'DROP INDEX IF EXISTS %s.%I'
                ELSE 'ALTER INDEX IF EXISTS %s.%I RENAME TO %I'
            END,
            v_schema, v_replaced, v_old_name
        );
    END LOOP;
    -- Another collection's index may have the name: that of a renamed collection, or by chance
    -- (1 in 2^28).
    IF to_regclass(format('%s.%I', v_schema, v_name)) IS NOT NULL THEN
        v_name := left(v_name, -7) || left(md5(random()::text), 7);
    END IF;
    EXECUTE format('ALTER INDEX %s.%I RENAME TO %I', v_schema, v_index.relname, v_name);

    {{ try_index() | indent(4) }}

    -- The catalog does not hold how many rows the index was built on. The build has counted them.
    v_comment := jsonb_strip_nulls(jsonb_build_object(
        'rows', CASE
            WHEN filters IS NULL THEN (vecs._approximate_count(v_collection.table_id)).row_count
            WHEN v_shards IS NOT NULL THEN vecs.count_rows(collection, filters)
            ELSE (SELECT c.reltuples FROM pg_class AS c WHERE c.oid = v_index.index_id)
        END,
        'measure', CASE index_precision WHEN 'binary' THEN measure END,
        'candidates', v_costs,
        'untried_build', v_mark
    ));
    -- A null in a filter means something.
    IF filters IS NOT NULL THEN
        v_comment := v_comment || jsonb_build_object('partial_filters', filters);
    END IF;
    EXECUTE format('COMMENT ON INDEX %s.%I IS %L', v_schema, v_name, v_comment);

    -- Not while the index that it replaces is there.
    IF cardinality(old_names) > 0 IS NOT TRUE THEN
        PERFORM vecs._remember_recall(
            collection, measure, v_index.index_id, v_index.method::text, filters,
            -- Where an index was dropped, readers wait, too: about a second.
            CASE WHEN cardinality(replaced) > 0 THEN 1000000 ELSE 10000000 END::bigint
        );
    END IF;
    RETURN v_name;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._finish_index(text, text, jsonb, text, double precision, text, text, text[], text[]) IS
$doc$Give a new, valid index of a measure, a filter (NULL: over all rows) and a precision its final name and its comment, drop those that it replaces, or rename them if there are other names for them, and return the name.

Raises VS007 index_not_found if there is no such valid index, and VS008 unsupported for one of bits that misses min_recall.$doc$;

GRANT EXECUTE ON FUNCTION vecs._finish_index(text, text, jsonb, text, double precision, text, text, text[], text[]) TO PUBLIC;
