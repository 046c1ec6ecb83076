-- matches: whether one metadata document matches a filter.
--% from 'macros/errors.sql' import invalid_filter with context
--% from 'macros/filters.sql' import equalities with context

CREATE OR REPLACE FUNCTION vecs.matches(
    metadata jsonb,
    filters jsonb
)
RETURNS boolean
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_text text;
    v_predicate text;
    v_compiled record;
    v_matches boolean;
BEGIN
    {{ equalities() | indent(4) }}
    IF v_predicate IS NULL THEN
        v_compiled := vecs._filter_node(filters, '{}'::text[], NULL::text, 0, 1, NULL::text[]);
        {{ invalid_filter('v_compiled') | indent(8) }}
        v_predicate := v_compiled.predicate;
    END IF;

    EXECUTE format(
        $sql$SELECT (%s) IS TRUE FROM (SELECT $1 AS metadata) AS t$sql$,
        v_predicate
    ) INTO v_matches USING matches.metadata;
    RETURN v_matches;
END
$fn$;

COMMENT ON FUNCTION vecs.matches(jsonb, jsonb) IS
$doc$Whether one metadata document matches a filter: true or false, never NULL.

The same as the predicate that filter_sql() makes of the filter. It compiles the filter at each call and no index serves it: to search the rows of a table, call query(), scan() or count_rows(), or paste what filter_sql() gives.

Parameters:
  metadata  the document; NULL stands for {}; one that is not an object has no keys
  filters   a metadata filter, see filter_sql(); {} and NULL match all

Errors: VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.matches(jsonb, jsonb) TO PUBLIC;
