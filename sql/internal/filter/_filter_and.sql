-- _filter_and: join predicates by AND.
-- The planner compares each bound of an AND list with all others to find ranges, which takes a
-- minute for 10,000. Behind IS TRUE it sees a thousand at a time.

CREATE OR REPLACE FUNCTION vecs._filter_and(
    parts text[]
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_chunks text[] := '{}';
BEGIN
    IF (cardinality(parts) > 1000) IS NOT TRUE THEN
        RETURN array_to_string(parts, ' AND ');
    END IF;

    FOR v_first IN 1..cardinality(parts) BY 1000 LOOP
        v_chunks := v_chunks || format(
            '(%s) IS TRUE', array_to_string(parts[v_first:v_first + 999], ' AND ')
        );
    END LOOP;

    RETURN array_to_string(v_chunks, ' AND ');
END
$fn$;

COMMENT ON FUNCTION vecs._filter_and(text[]) IS
$doc$Join predicates by AND, in a form that the planner copes with even if there are thousands.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_and(text[]) TO PUBLIC;
