-- _hnsw_parameters: choose m and ef_construction of an hnsw index.
-- With pgvector's defaults, 16 and 64, some searches end in the wrong part of the graph. More
-- neighbours (m) take no space while a page holds as many rows as with 16: then m is 20. A greater
-- m makes each search compare more rows and finds hardly more. docs/sql.md has the figures.
-- Sizes are from HnswElementTupleData and HnswNeighborTupleData in pgvector's hnsw.h: a page has
-- 8,160 bytes, a row 80 beside its vector, 12 m + 4 for its neighbours, and two line pointers. One
-- row in m has a second level, which takes it 6 m more; there must be room for two of them.

CREATE OR REPLACE FUNCTION vecs._hnsw_parameters(
    vector_bytes integer,
    arguments jsonb,
    OUT m integer,
    OUT ef_construction integer
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- Either part of a row takes a multiple of 8 bytes.
    v_row integer := 8 + (80 + vector_bytes + 7) / 8 * 8;
BEGIN
    m := (arguments ->> 'm')::integer;
    ef_construction := (arguments ->> 'ef_construction')::integer;
    IF m IS NULL THEN
        SELECT max(s.m) INTO _hnsw_parameters.m
        FROM unnest(ARRAY[16, 20]) AS s (m)
        WHERE s.m = 16
            OR (8160 - 12 * s.m) / (v_row + (4 + 12 * s.m + 7) / 8 * 8) >= 8160 / (v_row + 200);
        -- pgvector demands that ef_construction is at least twice m.
        m := least(m, ef_construction / 2);
    END IF;
    ef_construction := coalesce(ef_construction, greatest(160, 2 * m));
END
$fn$;

COMMENT ON FUNCTION vecs._hnsw_parameters(integer, jsonb) IS
$doc$Return m and ef_construction for an hnsw index that holds so many bytes of a vector: those among the arguments, and for the others values with which few searches get lost and the index is no larger than with m = 16.$doc$;

GRANT EXECUTE ON FUNCTION vecs._hnsw_parameters(integer, jsonb) TO PUBLIC;
