-- _diverse_rows: choose vectors that are near to a query and different from each other.
-- Maximal marginal relevance (Carbonell and Goldstein, 1998), with the negative distance in place
-- of a similarity: under cosine_distance, 1 less the distance, this changes no choice.
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._diverse_rows(
    collection text,
    candidate_vecs vector[],
    distances double precision[],
    measure text,
    lambda_mult double precision,
    top_k bigint
)
RETURNS integer[]
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_statement text := format(
        $sql$
        SELECT
            array_agg(n.nearest ORDER BY n.number),
            (array_agg(
                n.number
                ORDER BY (1 - $4) * n.nearest - $4 * n.distance DESC, n.number
            ) FILTER (WHERE n.number <> ALL ($5)))[1]
        FROM (
            SELECT
                u.number, u.distance,
                least(u.nearest, nullif(u.vec OPERATOR(%s%s) c.vec, 'NaN')) AS nearest
            FROM unnest($1, $2, $3) WITH ORDINALITY AS u (vec, distance, nearest, number)
            CROSS JOIN (SELECT ($1)[($5)[cardinality($5)]] AS vec OFFSET 0) AS c
        ) AS n
        $sql$,
        (vecs._collection(collection)).pgvector, {{ search.operator() | indent(8) }}
    );
    -- A distance that is NaN is the greatest.
    v_distances double precision[] := ARRAY(
        SELECT least(u.distance, 1e100)
        FROM unnest(distances) WITH ORDINALITY AS u (distance, number)
        ORDER BY u.number
    );
    v_nearest double precision[];
    v_chosen integer[] := '{1}';
    v_next integer;
BEGIN
    IF distances IS NULL THEN
        RETURN '{}';
    END IF;
    v_nearest := array_fill(1e100::double precision, ARRAY[cardinality(distances)]);
    WHILE cardinality(v_chosen) < least(top_k, cardinality(distances)) LOOP
        EXECUTE v_statement
        INTO v_nearest, v_next
        USING candidate_vecs, v_distances, v_nearest, lambda_mult, v_chosen;
        v_chosen := v_chosen || v_next;
    END LOOP;
    RETURN v_chosen;
END
$fn$;

COMMENT ON FUNCTION vecs._diverse_rows(text, vector[], double precision[], text, double precision, bigint) IS
$doc$Return which of some vectors, of which the first is the nearest to a query, maximal marginal relevance chooses, in the order of the choice. distances are those to the query.$doc$;

GRANT EXECUTE ON FUNCTION vecs._diverse_rows(text, vector[], double precision[], text, double precision, bigint) TO PUBLIC;
