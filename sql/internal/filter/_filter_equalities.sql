-- _filter_equalities: compile a filter that only compares fields of an adopted table with scalars.
-- It gives what _filter_field() gives, at a tenth of the cost, for the types that most have.

CREATE OR REPLACE FUNCTION vecs._filter_equalities(
    view_id regclass,
    equalities jsonb
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_parts text[];
BEGIN
    v_parts := ARRAY(
        SELECT CASE
            WHEN a.attname IN ('id', 'vec', 'metadata', '_id', '_metadata', '_text')
                THEN NULL
            WHEN a.atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
                AND e.value::text ~ '^-?[0-9]{1,18}$' THEN format('%I = %L::bigint', e.key, e.value)
            WHEN a.atttypid IN ('text'::regtype, 'varchar'::regtype)
                AND jsonb_typeof(e.value) = 'string'
                THEN format('%I = %L::text', e.key, e.value #>> '{}')
            WHEN a.atttypid = 'boolean'::regtype AND jsonb_typeof(e.value) = 'boolean'
                THEN format('%I = %L::boolean', e.key, e.value)
        END
        FROM jsonb_each(equalities) AS e
        LEFT JOIN pg_attribute AS a
            ON a.attrelid = view_id AND a.attname = e.key COLLATE "C" AND NOT a.attisdropped
    );
    RETURN CASE
        WHEN array_position(v_parts, NULL) IS NOT NULL THEN NULL
        WHEN cardinality(v_parts) = 1 THEN v_parts[1]
        ELSE '(' || vecs._filter_and(v_parts) || ')'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_equalities(regclass, jsonb) IS
$doc$Compile an object of keys and scalars to a predicate over the columns of an adopted table's view. NULL where a key is no field, or a column of another type than integers, text, varchar and boolean, or the value is of another.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_equalities(regclass, jsonb) TO PUBLIC;
