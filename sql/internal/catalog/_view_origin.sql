-- _view_origin: read the origin of a view's column from the view's rule.
--% from 'macros/views.sql' import origin

CREATE OR REPLACE FUNCTION vecs._view_origin(
    view_id oid,
    column_name text
)
RETURNS oid[]
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_rule text := (
        SELECT r.ev_action::text
        FROM pg_rewrite AS r
        WHERE r.ev_class = view_id AND r.rulename = '_RETURN'
    );
    v_name text := regexp_replace(
        regexp_replace(column_name, E'([ \n\t(){}\\\\])', E'\\\\\\1', 'g'),
        '^(["<0-9]|[-+][.0-9])',
        E'\\\\\\1'
    );
BEGIN
    RETURN {{ origin('v_rule', 'v_name') | indent(4) }};
END
$fn$;

COMMENT ON FUNCTION vecs._view_origin(oid, text) IS
$doc$Return the oid of the table and the number of the column that a view's column refers to. NULL if it is not a plain reference.$doc$;

GRANT EXECUTE ON FUNCTION vecs._view_origin(oid, text) TO PUBLIC;
