-- _search_candidates: read candidates from the index until enough of them match.
-- The farther it reads, the less the index keeps to the order of distances, so beyond top_k one
-- more row is required for every {{ costs.list_size }} candidates, up to {{ costs.over_fetch }}.
-- How many of the candidates seen so far match tells how many more are needed. If they would cost
-- more than an exact search, it gives up at once: all foods lie together, and far from a question
-- about ships. docs/strategy.md has the formula.
-- Arguments: $1 the statement, in which $1 is the vector and $2 the number of candidates; $2 the
-- vector; $3 the number of rows required at most; $4 max_distance; $5 the estimated selectivity;
-- $6 how many candidates cost as much as an exact search; $7 whether rows within max_distance may
-- be taken for complete.
-- They have no names: see _search_nearest().
--% import 'macros/search.sql' as search with context

CREATE OR REPLACE FUNCTION vecs._search_candidates(
    text,
    vector,
    bigint,
    double precision,
    double precision,
    double precision,
    boolean
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
    statement ALIAS FOR $1;
    query_vec ALIAS FOR $2;
    rows_required ALIAS FOR $3;
    max_distance ALIAS FOR $4;
    selectivity ALIAS FOR $5;
    affordable ALIAS FOR $6;
    trusted ALIAS FOR $7;
    -- The estimate counts as much as so many matches, and the candidates that they would take.
    v_prior constant double precision := {{ costs.prior_matches }};
    v_cursor refcursor;
    v_matches boolean;
    v_seen bigint := 0;
    v_found bigint := 0;
    v_beyond bigint := 0;
    v_enough boolean := false;
    v_complete boolean := false;
BEGIN
    -- One by one: a FOR loop reads 50 rows ahead, for which pgvector would search on.
    OPEN v_cursor NO SCROLL FOR EXECUTE statement
    USING query_vec, {{ search.candidates_limit('rows_required', 'affordable') | indent(4) }};
    LOOP
        FETCH v_cursor INTO id, distance, vec, metadata, v_matches;
        -- Without an index, rows that have no vector come last.
        EXIT WHEN NOT FOUND OR distance IS NULL;

        v_seen := v_seen + 1;
        IF v_matches THEN
            IF distance <= max_distance IS NOT FALSE THEN
                v_found := v_found + 1;
                RETURN NEXT;
                v_enough := v_found >= rows_required - greatest(
                    0, {{ costs.over_fetch }} - v_seen / {{ costs.list_size }}
                );
                EXIT WHEN v_enough;
            ELSE
                v_beyond := v_beyond + 1;
            END IF;
        END IF;

        -- The candidates of the first list cost the same whether they are read.
        IF v_seen >= {{ costs.filtered_list_size }} AND v_seen % 20 = 0 THEN
            IF max_distance IS NULL THEN
                EXIT WHEN (v_seen + v_prior / selectivity) / (v_found + v_prior)
                    * (rows_required - v_found) > affordable;
            ELSE
                -- None is missed if those within it are few among the nearest that match.
                v_complete := v_seen >= 400 AND v_beyond >= greatest(20, 3 * v_found);
                EXIT WHEN v_complete OR v_seen > affordable;
            END IF;
        END IF;
    END LOOP;
    CLOSE v_cursor;

    IF v_enough OR v_complete AND trusted THEN
        RETURN;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'VS000',
        MESSAGE = v_found::text,
        DETAIL = v_seen::text;
END
$fn$;

COMMENT ON FUNCTION vecs._search_candidates(text, vector, bigint, double precision, double precision, double precision, boolean) IS
$doc$Return the candidates that match, as a statement returns them, until as many as required are found; with max_distance, those within it, until so many lie beyond that none can be missed.

Raises VS000, which no caller sees, with the number of rows found as its message and the number of candidates as its detail, when an exact search takes less time than going on, and where there are no more candidates.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_candidates(text, vector, bigint, double precision, double precision, double precision, boolean) TO PUBLIC;
