-- _group_filter: write the filter for rows of some groups, or for those of all others.

CREATE OR REPLACE FUNCTION vecs._group_filter(
    filters jsonb,
    group_by text,
    group_values jsonb[],
    inside boolean
)
RETURNS jsonb
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT jsonb_build_object('$and', jsonb_build_array(coalesce(filters, '{}')) || CASE
        WHEN inside THEN jsonb_build_object(group_by, jsonb_build_object('$eq', group_values[1]))
        ELSE jsonb_build_array(
            jsonb_build_object(group_by, '{"$exists": true}'::jsonb),
            -- A list has scalars only.
            jsonb_build_object(group_by, jsonb_build_object('$nin', to_jsonb(ARRAY(
                SELECT g.value
                FROM unnest(group_values) AS g (value)
                WHERE jsonb_typeof(g.value) NOT IN ('object', 'array')
            ))))
        ) || coalesce((
            SELECT jsonb_agg(jsonb_build_object('$not', jsonb_build_object(
                group_by, jsonb_build_object('$eq', g.value)
            )))
            FROM unnest(group_values) WITH ORDINALITY AS g (value, number)
            WHERE jsonb_typeof(g.value) IN ('object', 'array')
                -- A filter of all would be too long, and an operator in it would mean something.
                AND g.number <= 100
                AND g.value::text NOT LIKE '%"$%'
        ), '[]')
    END);
$fn$;

COMMENT ON FUNCTION vecs._group_filter(jsonb, text, jsonb[], boolean) IS
$doc$Return a filter for the rows that match another and have the first of some values under a key; or, if inside is false, for those that have the key with none of the values, but perhaps some that are lists or objects.$doc$;

GRANT EXECUTE ON FUNCTION vecs._group_filter(jsonb, text, jsonb[], boolean) TO PUBLIC;
