-- _sampled_on_shards: estimate how many rows of a distributed table match from a few of its pages.
-- As _sampled_matches() does for a local table; where a row is, Citus does not tell, but it takes a
-- sample of pages, the same ones each time.
-- Arguments: $1 the table; $2 the view of an adopted table; $3 the predicate, as SQL; $4 the
-- planner's estimate; $5 the number of rows. They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._sampled_on_shards(
    regclass,
    regclass,
    text,
    double precision,
    double precision,
    OUT matches double precision
)
RETURNS double precision
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $fn$
DECLARE
    -- Rows of a page have often been written together, so more are looked at.
    v_percent numeric := least(100, 100 * {{ 8 * costs.sample }} / greatest($5, 1));
    v_seen bigint;
    v_found bigint;
BEGIN
    IF $5 <= {{ costs.serial_exact }} THEN
        RETURN;
    END IF;
    EXECUTE format(
        'SELECT count(*), count(*) FILTER (WHERE %s)'
        ' FROM %s TABLESAMPLE system (%s) REPEATABLE (2)%s',
        $3,
        CASE
            WHEN $2 IS NULL THEN format('%s AS t', $1)
            ELSE format('(%s', rtrim(pg_get_viewdef($2), ';'))
        END,
        v_percent,
        CASE WHEN $2 IS NOT NULL THEN ') AS t' END
    ) INTO v_seen, v_found;
    IF v_seen > 0 THEN
        matches := round(0.05 * least($4, $5) + 0.95 * $5 * v_found / v_seen);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._sampled_on_shards(regclass, regclass, text, double precision, double precision) IS
$doc$Return about how many rows of a distributed table match a predicate, by looking at some {{ 8 * costs.sample }} of them. NULL for few rows, which are not looked at.$doc$;

GRANT EXECUTE ON FUNCTION vecs._sampled_on_shards(regclass, regclass, text, double precision, double precision) TO PUBLIC;
