-- _filter_list: compile $and, $or or $nor and its list of filters.

CREATE OR REPLACE FUNCTION vecs._filter_list(
    operator text,
    filters jsonb,
    place text,
    depth integer,
    indexed text[],
    OUT predicate text,
    OUT operators integer
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF jsonb_typeof(filters) <> 'array' THEN
        PERFORM vecs._raise(
            'invalid_filter',
            format('"%s" must have a list of filters', place),
            format('Write {"%s": [{...}, {...}]}.', operator)
        );
    ELSIF filters = '[]' AND operator <> '$and' THEN
        PERFORM vecs._raise(
            'invalid_filter',
            format('"%s" has an empty list', place),
            'Leave it out, or give it at least one filter.'
        );
    END IF;

    SELECT
        string_agg(
            format('(%s)', f.predicate),
            CASE operator WHEN '$and' THEN ' AND ' ELSE ' OR ' END
            ORDER BY e.position
        ),
        1 + coalesce(sum(f.operators), 0)
    INTO predicate, operators
    FROM jsonb_array_elements(filters) WITH ORDINALITY AS e (node, position)
    CROSS JOIN LATERAL vecs._filter_node(
        e.node, '{}', format('%s[%s]', place, e.position - 1), depth + 1, indexed
    ) AS f;

    predicate := CASE operator
        WHEN '$nor' THEN format('(%s) IS NOT TRUE', predicate)
        ELSE format('(%s)', coalesce(predicate, 'true'))
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_list(text, jsonb, text, integer, text[]) IS
$doc$Compile $and, $or or $nor and its list of filters to a predicate, and count the operators; indexed is as for _filter_node().

Raises VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_list(text, jsonb, text, integer, text[]) TO PUBLIC;
