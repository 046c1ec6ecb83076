-- _check_source: refuse to adopt what is no table, or a collection already.

CREATE OR REPLACE FUNCTION vecs._check_source(
    source regclass
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_source record;
    v_what text;
BEGIN
    SELECT c.relkind, c.relpersistence, c.relnamespace INTO v_source
    FROM pg_class AS c
    WHERE c.oid = source;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'source must be a table',
            HINT = 'Name it with its schema: vecs.adopt(''public.items'').';
    END IF;

    v_what := CASE
        WHEN v_source.relnamespace = 'vecs'::regnamespace THEN 'in the schema "vecs"'
        WHEN v_source.relkind = 'v' THEN 'a view'
        WHEN v_source.relkind = 'f' THEN 'a foreign table'
        WHEN v_source.relkind NOT IN ('r', 'p', 'm') THEN 'no table'
        WHEN v_source.relpersistence = 't' THEN 'a temporary table'
    END;
    IF v_what IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format('cannot adopt "%s", which is %s', source, v_what),
            HINT = CASE v_source.relkind
                WHEN 'v' THEN 'Adopt the underlying table, or a materialized view.'
                ELSE 'Adopt a table, a partitioned table or a materialized view.'
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_source(regclass) IS
$doc$Refuse a table that cannot be adopted.

Raises VS001 invalid_argument for NULL, and VS008 unsupported for a view, a foreign table, a temporary table, a relation of the schema vecs, and whatever is no table.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_source(regclass) TO PUBLIC;
