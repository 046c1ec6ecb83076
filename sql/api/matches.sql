-- matches: test whether one metadata document matches a filter.
--% from 'macros/errors.sql' import invalid_filter with context
--% from 'macros/filters.sql' import compile_equalities with context

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
    {{ compile_equalities() | indent(4) }}
    IF v_predicate IS NULL THEN
        v_compiled := vecs._filter_node(
            filters, '{}'::text[], NULL::text, 0, 1, NULL::text[], NULL::text, NULL::jsonb
        );
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
$doc$Return whether one metadata document matches a filter: true or false, never NULL.

Evaluates the predicate that filter_sql() returns. The filter is compiled in each call and no index serves it. To search the rows of a table, call query(), scan() or count_rows(), or paste the predicate into a query.

A document has no id, so $id is an error.

Parameters:
  metadata  the document; NULL stands for {}; one that is not an object has no keys
  filters   a metadata filter, see filter_sql(); {} and NULL match all

Errors: VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.matches(jsonb, jsonb) TO PUBLIC;
