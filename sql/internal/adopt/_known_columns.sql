-- _known_columns: count the columns that a table had when a view was made.
-- The view's rule names them all, dropped ones too, before the table's oid. outToken() in
-- PostgreSQL's source escapes a space in a name with a backslash.

CREATE OR REPLACE FUNCTION vecs._known_columns(
    view_id oid,
    table_id oid
)
RETURNS integer
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT 1 + length(n.names) - length(replace(n.names, ' ', ''))
    FROM pg_rewrite AS r
    CROSS JOIN LATERAL (
        SELECT regexp_replace(
            split_part(
                split_part(
                    r.ev_action::text,
                    format(')} :rtekind 0 :relid %s ', _known_columns.table_id),
                    1
                ),
                ' :colnames (',
                -1
            ),
            E'\\\\.',
            '',
            'g'
        )
    ) AS n (names)
    WHERE r.ev_class = _known_columns.view_id AND r.rulename = '_RETURN';
$fn$;

COMMENT ON FUNCTION vecs._known_columns(oid, oid) IS
$doc$Return how many columns a table had, with those dropped before, when a view over it was made. NULL if there is no view.$doc$;

GRANT EXECUTE ON FUNCTION vecs._known_columns(oid, oid) TO PUBLIC;
