-- _seen_statements: read from pg_stat_statements what statements have read a collection.
-- Its schema is looked up. The statements of other roles are hidden from most.

CREATE OR REPLACE FUNCTION vecs._seen_statements(
    relation text
)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_view regclass;
    v_statements jsonb;
BEGIN
    SELECT c.oid::regclass INTO v_view
    FROM pg_extension AS e
    JOIN pg_class AS c ON c.relnamespace = e.extnamespace AND c.relname = 'pg_stat_statements'
    WHERE e.extname = 'pg_stat_statements';
    IF v_view IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        $sql$
        SELECT jsonb_agg(jsonb_build_object(
            'query', s.query, 'calls', s.calls, 'total_ms', s.total_exec_time
        ))
        FROM %s AS s
        JOIN pg_database AS d ON d.oid = s.dbid
        WHERE d.datname = current_database() AND strpos(s.query, $1) > 0
        $sql$,
        v_view
    ) INTO v_statements USING format(' FROM %s AS t', relation);
    RETURN v_statements;
EXCEPTION
    -- The server has not loaded its library, the role may not read it, or it is an old version.
    WHEN object_not_in_prerequisite_state OR insufficient_privilege OR undefined_column THEN
        RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._seen_statements(text) IS
$doc$Return the statements that have read a relation, which is given as SQL text, as a JSON array of query, calls and total_ms. NULL if there are none, or if the extension pg_stat_statements is not there or may not be read.$doc$;

GRANT EXECUTE ON FUNCTION vecs._seen_statements(text) TO PUBLIC;
