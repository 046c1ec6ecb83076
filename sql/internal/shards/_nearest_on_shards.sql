-- _nearest_on_shards: search a collection that Citus has distributed.
-- The rows that the index finds are returned before it is known whether they are enough: taking
-- them back by an error, as for a local collection, would cost two round trips for a savepoint. So
-- before those of an exact search there is a row of NULLs, and only what follows it counts.
-- Settings reach the shards in a transaction alone, and Citus opens one for a common table
-- expression that is materialized; it plans a subquery as one, so that a statement without settings
-- stands alone. Arguments: $1 whether to search by the index; $2 the statement for it, in which $1
-- is the vector and $2 the number of rows; $3 the statement of an exact search, in which $3 is
-- max_distance; $4 the vector; $5 how many rows the index has to find; $6 top_k; $7 max_distance;
-- $8 and $9 the names and values of the settings for a search by the index. They have no names: see
-- _search_nearest().
--% from 'macros/errors.sql' import when_away with context

CREATE OR REPLACE FUNCTION vecs._nearest_on_shards(
    boolean,
    text,
    text,
    vector,
    bigint,
    bigint,
    double precision,
    text[],
    text[]
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
SET standard_conforming_strings = on
AS $fn$
DECLARE
    v_before text[];
    v_found bigint;
BEGIN
    IF $1 THEN
        IF $8 IS NULL THEN
            RETURN QUERY EXECUTE $2 USING $4, $5;
            GET DIAGNOSTICS v_found = ROW_COUNT;
        ELSE
            SELECT s.before INTO v_before FROM vecs._swap_settings_on_shards($8, $9) AS s (before);
            -- Here it is what query() has set, on the shards it was not.
            IF 'jit' = ANY ($8) THEN
                v_before[array_position($8, 'jit')] := NULL;
            END IF;
            RETURN QUERY EXECUTE format(
                'WITH s AS MATERIALIZED (%s) SELECT s.* FROM s', $2
            ) USING $4, $5;
            GET DIAGNOSTICS v_found = ROW_COUNT;
            SELECT s.before INTO v_before
            FROM vecs._swap_settings_on_shards($8, v_before) AS s (before);
        END IF;
        IF v_found >= $5 THEN
            RETURN;
        END IF;
        RETURN NEXT;
    END IF;
    RETURN QUERY EXECUTE $3 USING $4, $6, $7;
EXCEPTION
    -- The vector has numbers beyond half precision.
    WHEN numeric_value_out_of_range THEN
        IF NOT $1 THEN
            RAISE;
        END IF;
        RETURN QUERY EXECUTE $3 USING $4, $6, $7;
    {{ when_away() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._nearest_on_shards(boolean, text, text, vector, bigint, bigint, double precision, text[], text[]) IS
$doc$Return the rows nearest to a vector in a distributed collection, unordered. After a row of NULLs the result begins anew.$doc$;

GRANT EXECUTE ON FUNCTION vecs._nearest_on_shards(boolean, text, text, vector, bigint, bigint, double precision, text[], text[]) TO PUBLIC;
