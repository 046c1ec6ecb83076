-- _try_index: search by a new hnsw index, to measure what candidates cost, and to raise a notice
-- if it loses searches. One lost may be chance: a good graph loses up to one in a thousand. Of an
-- index of bits _binary_recall() tells more. On shards no pages are counted, so that candidates
-- cost what is assumed.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._try_index(
    collection text,
    measure text,
    index_id regclass,
    index_precision text,
    filters jsonb,
    OUT tried boolean,
    OUT candidate_costs numeric[]
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_shards integer := {{ shard_count('v_collection.table_id') | indent(4) }};
    v_rows bigint;
    v_counted record;
    v_chosen record;
    v_parameters jsonb;
BEGIN
    tried := true;
    v_rows := CASE
        WHEN filters IS NULL THEN (vecs._approximate_count(v_collection.table_id)).row_count
        WHEN v_shards IS NOT NULL THEN vecs.count_rows(collection, filters)
        ELSE (SELECT c.reltuples FROM pg_class AS c WHERE c.oid = index_id)
    END;
    IF v_rows <= {{ costs.always_exact }} OR row_security_active(v_collection.table_id) THEN
        RETURN;
    END IF;

    IF v_rows > {{ costs.serial_exact }} AND filters IS NULL AND v_shards IS NULL THEN
        candidate_costs := vecs._candidate_costs(
            collection, measure, index_id, index_precision, v_rows
        );
        IF candidate_costs IS NULL THEN
            tried := false;
            RETURN;
        END IF;
    END IF;

    IF index_precision = 'binary' THEN
        RETURN;
    END IF;
    IF v_shards IS NULL THEN
        v_counted := vecs._count_lost_searches(
            collection, measure, index_id, index_precision, v_rows, filters
        );
    ELSE
        v_counted := vecs._lost_on_shards(collection, measure, index_precision, v_rows, filters);
    END IF;
    tried := v_counted.searches IS NOT NULL;
    IF v_counted.lost > 1 THEN
        v_chosen := vecs._hnsw_parameters(
            vecs._vector_bytes(
                v_collection.element_type, index_precision, v_collection.dimension
            ),
            '{}'
        );
        v_parameters := vecs._index_parameters(index_id);
        RAISE NOTICE USING
            ERRCODE = '{{ errors.lost_searches.sqlstate }}',
            MESSAGE = format(
                'the index of collection "%s" for %s%s missed the nearest rows in %s of %s'
                ' searches',
                collection, measure, ' over the rows that match ' || filters::text, v_counted.lost,
                v_counted.searches
            ),
            HINT = format(
                'A denser index usually misses fewer, and takes longer to build: '
                'SELECT vecs.create_index(%L, %L, ''hnsw'', %L%s);',
                collection,
                measure,
                jsonb_strip_nulls(jsonb_build_object(
                    'precision', nullif(index_precision, 'full'),
                    'm', least(100, greatest(
                        v_chosen.m, (v_parameters ->> 'm')::integer * 3 / 2
                    )),
                    'ef_construction', least(1000, greatest(
                        v_chosen.ef_construction, (v_parameters ->> 'ef_construction')::integer * 2
                    ))
                )),
                ', filters => ' || quote_literal(filters)
            );
    END IF;
EXCEPTION
    -- Whatever went wrong here, the index is built and valid.
    WHEN OTHERS THEN
        RAISE NOTICE USING
            MESSAGE = format(
                'the index of collection "%s" for %s is built, but no search was tried with it',
                collection, measure
            ),
            DETAIL = SQLERRM,
            HINT = format('SELECT * FROM vecs.recall(%L, measure => %L);', collection, measure);
        tried := true;
END
$fn$;

COMMENT ON FUNCTION vecs._try_index(text, text, regclass, text, jsonb) IS
$doc$Search by a new hnsw index of a precision and a filter (NULL: over all rows). Returns what candidates cost (NULL: not measured), and raises the notice VSW03 if some of a sample of searches are lost. tried is false if the planner did not use the index, and true if that need not be tried again.$doc$;

GRANT EXECUTE ON FUNCTION vecs._try_index(text, text, regclass, text, jsonb) TO PUBLIC;
