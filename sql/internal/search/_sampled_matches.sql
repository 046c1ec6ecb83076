-- _sampled_matches: estimate how many rows of a table match a predicate from a few rows.
-- The rows are at fixed places all over the table, so that a search is planned alike each time. The
-- predicate is no WHERE clause, which the planner would estimate first. The planner's own estimate
-- counts as much as two or three of the rows, and nothing if there was no ANALYZE.
-- Arguments: $1 the collection; $2 its table; $3 the view of an adopted table; $4 the predicate, as
-- SQL; $5 the planner's estimate.
-- They have no names: see _search_nearest().
--% from 'macros/rows.sql' import pages, rows_by_statistics

CREATE OR REPLACE FUNCTION vecs._sampled_matches(
    text,
    regclass,
    regclass,
    text,
    double precision,
    OUT row_count double precision,
    OUT matches double precision
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_pages bigint;
    v_places integer;
    v_expected double precision;
    v_found bigint;
BEGIN
    SELECT {{ rows_by_statistics('c') | indent(4) }}, {{ pages('c') }}
    INTO row_count, v_pages
    FROM pg_class AS c
    WHERE c.oid = $2;
    v_expected := least($5, row_count);
    IF row_count > 0 IS NOT TRUE THEN
        row_count := vecs._estimated_rows($1);
        v_expected := 0;
    END IF;
    -- A partitioned table has no pages of its own.
    IF v_pages = 0 OR row_count <= {{ costs.serial_exact }} THEN
        RETURN;
    END IF;

    v_places := ceil(row_count / v_pages);
    EXECUTE format(
        $sql$
        SELECT count(*) FILTER (WHERE %s)
        FROM %s AS t
        WHERE t.ctid = ANY (ARRAY(
            SELECT format('(%%s,%%s)', p.n * $1 / $2, p.n * 7919 %% $3 + 1)::tid
            FROM generate_series(0, $2 - 1) AS p (n)
        ))
        $sql$,
        $4,
        -- A view does not have the place of a row.
        CASE
            WHEN $3 IS NULL THEN $2::text
            ELSE format('(%s)', regexp_replace(
                rtrim(pg_get_viewdef($3), ';'), '^[[:space:]]*SELECT ', 'SELECT ctid, '
            ))
        END
    ) INTO v_found USING v_pages, {{ costs.sample }}, v_places;
    matches := round(
        0.05 * v_expected + 0.95 * least(
            row_count, v_found / {{ costs.sample }}.0 * v_pages * v_places
        )
    );
END
$fn$;

COMMENT ON FUNCTION vecs._sampled_matches(text, regclass, regclass, text, double precision) IS
$doc$Return about how many rows a collection has, and how many of them match a predicate, by looking at {{ costs.sample }} rows all over its table. matches is NULL for a small collection and for a partitioned table, which are not looked at.$doc$;

GRANT EXECUTE ON FUNCTION vecs._sampled_matches(text, regclass, regclass, text, double precision) TO PUBLIC;
