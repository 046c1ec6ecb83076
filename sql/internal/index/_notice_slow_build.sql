-- _notice_slow_build: say that a graph does not fit into the memory for its build.
-- pgvector then writes the graph to disk, and inserts each of the other rows there, which takes
-- {{ costs.build_on_disk }} times as long: see docs/sql.md.

CREATE OR REPLACE FUNCTION vecs._notice_slow_build(
    collection text,
    needed_bytes bigint,
    memory_bytes bigint,
    hint text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_share double precision := memory_bytes::double precision / nullif(needed_bytes, 0);
BEGIN
    IF v_share < 0.98 THEN
        RAISE NOTICE USING
            ERRCODE = '{{ errors.slow_build.sqlstate }}',
            MESSAGE = format(
                'the index of collection "%s" needs %s MB of memory to be built and has %s MB, so'
                ' it will take about %s times as long',
                collection,
                ceil(needed_bytes / 1048576.0),
                memory_bytes / 1048576,
                round((v_share + (1 - v_share) * {{ costs.build_on_disk }})::numeric, 1)
            ),
            HINT = coalesce(hint, format(
                'If the server has it, pass arguments => ''{"memory": "%sMB"}'', or raise'
                ' maintenance_work_mem.',
                ceil(needed_bytes / 1048576.0)
            ));
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._notice_slow_build(text, bigint, bigint, text) IS
$doc$Raise the notice VSW04 for a build that has less memory than its graph needs, with a hint (NULL: to name more memory).$doc$;

GRANT EXECUTE ON FUNCTION vecs._notice_slow_build(text, bigint, bigint, text) TO PUBLIC;
