-- _filter_field_list: compare a column with a list of values.
-- All of them have the type that most numbers of the column are read as; others equal no number of
-- the column.

CREATE OR REPLACE FUNCTION vecs._filter_field_list(
    field jsonb,
    sign text,
    literals text[],
    types text[]
)
RETURNS text
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE
        WHEN count(*) = 0 AND _filter_field_list.sign = '=' THEN 'false'
        WHEN count(*) = 0 THEN format('%s IS NOT NULL', _filter_field_list.field ->> 'column')
        ELSE format(
            '%s %s %s (%L::%s[])',
            _filter_field_list.field ->> 'column',
            vecs._field_sign(_filter_field_list.field, _filter_field_list.sign),
            CASE _filter_field_list.sign WHEN '=' THEN 'ANY' ELSE 'ALL' END,
            array_agg(v.literal ORDER BY v.position),
            min(v.type)
        )
    END
    FROM unnest(_filter_field_list.literals, _filter_field_list.types)
        WITH ORDINALITY AS v (literal, type, position)
    WHERE v.type <> 'numeric' OR _filter_field_list.field ->> 'type' = 'numeric';
$fn$;

COMMENT ON FUNCTION vecs._filter_field_list(jsonb, text, text[], text[]) IS
$doc$Return the predicate that a column, which is described as for _filter_field(), is one of a list of literals (sign =), or none of them (<>).$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_field_list(jsonb, text, text[], text[]) TO PUBLIC;
