-- query_by_ids: return the rows nearest to some rows of the collection, and away from others.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.query_by_ids(
    collection text,
    positive text[],
    negative text[] DEFAULT '{}',
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_pgvector text := (vecs._collection(collection)).pgvector;
    v_named text[];
    v_found text[];
    v_missing text;
    v_statement text;
    v_vec vec%TYPE;
    v_detail text;
    v_hint text;
BEGIN
    -- Of one dimension.
    positive := ARRAY(SELECT unnest(positive));
    negative := ARRAY(SELECT unnest(negative));
    v_named := positive || negative;
    IF positive = '{}' OR array_position(v_named, NULL) IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = CASE
                WHEN positive = '{}' THEN 'positive must name a row'
                ELSE 'ids must not be null'
            END,
            HINT = 'Pass the ids of rows that are like what you search for.';
    END IF;
    v_statement := format(
        $sql$
        SELECT
            m.ids,
            CASE
                WHEN m.negative IS NULL THEN m.positive
                ELSE m.positive OPERATOR(%1$s+) (m.positive OPERATOR(%1$s-) m.negative)
            END
        FROM (
            SELECT
                array_agg(v.id) AS ids,
                %1$savg(v.vec) FILTER (WHERE v.id = ANY ($2)) AS positive,
                %1$savg(v.vec) FILTER (WHERE v.id = ANY ($3)) AS negative
            FROM (
                SELECT
                    f.id,
                    CASE WHEN $4 = 'cosine_distance' THEN %1$sl2_normalize(f.vec) ELSE f.vec END
                        AS vec
                FROM vecs.fetch($1, $2 || $3) AS f
                WHERE f.vec IS NOT NULL
            ) AS v
        ) AS m
        $sql$,
        v_pgvector
    );
    EXECUTE v_statement INTO v_found, v_vec
    USING collection, positive, negative, coalesce(measure, 'cosine_distance');
    SELECT u.id INTO v_missing
    FROM unnest(v_named) AS u (id)
    WHERE u.id <> ALL (coalesce(v_found, '{}'))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'collection "%s" has no row "%s" with a vector', collection, left(v_missing, 100)
            ),
            HINT = 'Pass ids of rows; vecs.scan() lists the rows.';
    END IF;
    RETURN QUERY
    SELECT q.id, q.distance, q.vec, q.metadata
    FROM vecs._query_without(
        collection, v_vec, v_named, top_k, filters, measure, include_metadata, include_vec,
        max_distance, ef_search, probes, strategy, skip
    ) AS q;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.query_by_ids(text, text[], text[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Return the rows nearest to some rows of the collection, and away from others: more like these, less like those. None of the named rows is returned.

Searches as query() does with the mean of the positive rows' vectors, which under cosine_distance are scaled to length 1 before. With negative rows it is that mean and its difference from theirs: 2 positive - negative. The named rows need not match the filter.

Parameters:
  collection        the collection
  positive          the ids of rows to be near to
  negative          the ids of rows to be away from
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      return only rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)
  skip              as for query()

Errors: VS001 invalid_argument if positive is empty, or a row does not exist, and as query(); VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_by_ids(text, text[], text[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;
