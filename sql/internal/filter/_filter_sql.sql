-- _filter_sql: compile a metadata filter for a collection, or for any table.
--% from 'macros/errors.sql' import invalid_filter with context
--% from 'macros/filters.sql' import compile_equalities, id_column with context
--% from 'macros/filters.sql' import notice_bare_operator with context

CREATE OR REPLACE FUNCTION vecs._filter_sql(
    filters jsonb,
    table_id regclass,
    view_id regclass
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
    {%- set equalities -%}
    CASE
            WHEN view_id IS NULL THEN format('metadata @> %L', v_text)
            ELSE vecs._filter_equalities(view_id, v_text::jsonb)
        END
    {%- endset %}
    {{ compile_equalities(equalities) | indent(4) }}
    IF v_predicate IS NOT NULL THEN
        RETURN v_predicate;
    END IF;

    v_compiled := vecs._filter_node(
        filters, '{}'::text[], NULL::text, 0, 1, vecs._indexed_paths(table_id, view_id),
        {{ id_column }}, vecs._fields(view_id, filters)
    );
    {{ invalid_filter('v_compiled') | indent(4) }}
    IF table_id IS NOT NULL AND view_id IS NULL THEN
        {{ notice_bare_operator() | indent(8) }}
    END IF;
    RETURN v_compiled.predicate;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_sql(jsonb, regclass, regclass) IS
$doc$Compile a metadata filter to a SQL predicate over the columns id and metadata. With a table, the predicate uses the table's metadata indexes; table_id may be NULL. With the view of an adopted table, it is over the view's columns.

Raises VS005 invalid_filter. With a table, also raises the notice VSW02 for a key that looks like an operator.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_sql(jsonb, regclass, regclass) TO PUBLIC;
