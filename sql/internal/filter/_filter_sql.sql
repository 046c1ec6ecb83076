-- _filter_sql: compile a metadata filter, for a collection or for any.
--% from 'macros/errors.sql' import invalid_filter with context
--% from 'macros/filters.sql' import equalities, notice_bare_operator with context

CREATE OR REPLACE FUNCTION vecs._filter_sql(
    filters jsonb,
    table_id regclass
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_text text;
    v_predicate text;
    v_compiled record;
BEGIN
    {{ equalities() | indent(4) }}
    IF v_predicate IS NOT NULL THEN
        RETURN v_predicate;
    END IF;

    v_compiled := vecs._filter_node(
        filters, '{}'::text[], NULL::text, 0, 1, vecs._indexed_paths(table_id)
    );
    {{ invalid_filter('v_compiled') | indent(4) }}
    IF table_id IS NOT NULL THEN
        {{ notice_bare_operator() | indent(8) }}
    END IF;
    RETURN v_compiled.predicate;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_sql(jsonb, regclass) IS
$doc$Compile a metadata filter to a SQL predicate over a column metadata: one that the metadata indexes of a table serve, or for any table where table_id is NULL.

Raises VS005 invalid_filter. For a table, asks by a notice about keys that look like operators.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_sql(jsonb, regclass) TO PUBLIC;
