-- _notice_lost_searches: raise a notice if a new hnsw index loses searches.
-- One may be chance: a good graph loses up to one in a thousand.

CREATE OR REPLACE FUNCTION vecs._notice_lost_searches(
    collection text,
    measure text,
    index_id regclass,
    m integer,
    ef_construction integer
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint;
    v_counted record;
    v_chosen record;
BEGIN
    v_rows := (vecs._approximate_count(v_collection.table_id)).row_count;
    IF v_rows <= {{ costs.always_exact }} OR row_security_active(v_collection.table_id) THEN
        RETURN true;
    END IF;

    v_counted := vecs._count_lost_searches(collection, measure, index_id, v_rows);
    IF v_counted.lost > 1 THEN
        v_chosen := vecs._hnsw_parameters(
            v_collection.element_type, v_collection.dimension, '{}'
        );
        RAISE NOTICE USING
            ERRCODE = '{{ errors.lost_searches.sqlstate }}',
            MESSAGE = format(
                'the index of collection "%s" for %s missed the nearest rows in %s of %s searches',
                collection, measure, v_counted.lost, v_counted.searches
            ),
            HINT = format(
                'A denser index usually misses fewer, and takes longer to build: '
                'SELECT vecs.create_index(%L, %L, ''hnsw'', %L);',
                collection,
                measure,
                jsonb_build_object(
                    'm', least(100, greatest(v_chosen.m, m * 3 / 2)),
                    'ef_construction', least(1000, greatest(
                        v_chosen.ef_construction, ef_construction * 2
                    ))
                )
            );
    END IF;
    RETURN v_counted.searches IS NOT NULL;
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
        RETURN true;
END
$fn$;

COMMENT ON FUNCTION vecs._notice_lost_searches(text, text, regclass, integer, integer) IS
$doc$Raise the notice VSW03 if a sample of searches shows that a new hnsw index with these parameters (m, ef_construction) loses some. Returns false if the planner did not use it, and true if that need not be tried again.$doc$;

GRANT EXECUTE ON FUNCTION vecs._notice_lost_searches(text, text, regclass, integer, integer) TO PUBLIC;
