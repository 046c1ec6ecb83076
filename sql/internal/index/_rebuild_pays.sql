-- _rebuild_pays: tell whether to drop the vector indexes for a load, and build them again after it.
-- Everybody waits from the drop to the end of the build. So a load has to bring at least as many
-- rows as there are, besides taking less time: docs/sql.md has the border without regard to others.
-- A graph is counted in rows that one process inserts in memory. An ivfflat index takes little time
-- either way, but its lists are those of the rows at its build: with twice the rows it is old.
-- Shards take rows, and build, beside each other, each its part.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._rebuild_pays(
    collection text,
    new_rows bigint,
    timeout double precision
)
RETURNS boolean
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := vecs._estimated_rows(collection);
    v_shards integer := coalesce(
        {{ shard_count('v_collection.table_id') | indent(8) }}, 1
    );
    -- 0 is none.
    v_limit double precision := least(timeout, (
        SELECT nullif(s.setting::double precision, 0) / 1000
        FROM pg_settings AS s
        WHERE s.name = 'statement_timeout'
    ));
    v_index record;
    v_bytes integer;
    v_build record;
    v_workers integer;
    v_share double precision;
    v_built double precision := 0;
    v_inserted double precision := 0;
    v_seconds double precision := 0;
    v_is_old boolean := false;
BEGIN
    -- The owner of an adopted table has an application that reads it.
    IF new_rows < greatest(v_rows, {{ costs.rebuild_from }})
        OR v_collection.view_id IS NOT NULL
        OR NOT EXISTS (
            SELECT
            FROM pg_class AS c
            WHERE c.oid = v_collection.table_id
                AND pg_has_role(c.relowner, 'USAGE')
                AND has_schema_privilege(c.relnamespace, 'CREATE')
        )
    THEN
        RETURN false;
    END IF;

    FOR v_index IN
        SELECT
            r.method,
            r.arguments,
            (v_rows + new_rows) * CASE
                WHEN r.filters IS NULL OR v_rows = 0 THEN 1
                ELSE least(1, vecs._indexed_rows(
                    v_collection.table_id, c.oid::regclass
                )::double precision / v_rows)
            END AS row_count
        FROM vecs._restorable_indexes(collection) AS r
        JOIN pg_index AS i ON i.indrelid = v_collection.table_id
        JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relname = r.name COLLATE "C"
    LOOP
        IF v_index.method <> 'hnsw' THEN
            v_is_old := true;
            CONTINUE;
        END IF;
        v_bytes := vecs._vector_bytes(
            v_collection.element_type, v_index.arguments ->> 'precision', v_collection.dimension
        );
        v_build := vecs._build_settings(
            v_bytes, (v_index.arguments ->> 'm')::integer, (v_index.row_count / v_shards)::bigint,
            NULL::text, vecs._builds_at_once(v_collection.table_id)
        );
        v_share := least(
            1, v_build.memory_bytes::double precision / nullif(v_build.needed_bytes, 0)
        );
        -- pgvector takes all that it may, if PostgreSQL would take one: that is from 8 MB on.
        v_workers := CASE
            WHEN (v_rows + new_rows) / v_shards * v_bytes < 8388608 THEN 0
            ELSE least(
                v_build.settings[1]::integer, current_setting('max_parallel_workers')::integer
            )
        END;
        v_share := v_index.row_count / v_shards
            * (v_share + (1 - v_share) * {{ costs.build_on_disk }})
            / (1 + 0.6 * v_workers);
        v_built := v_built + v_share;
        v_seconds := greatest(
            v_seconds, v_share * {{ costs.build_row_seconds }} * greatest(1, v_bytes / 1536.0)
        );
        v_inserted := v_inserted
            + v_index.row_count / v_shards * new_rows / (v_rows + new_rows)
                * {{ costs.insert_in_place }};
    END LOOP;
    -- Not if a build might be cancelled.
    RETURN (v_is_old OR v_built < v_inserted) AND v_seconds * 3 < coalesce(v_limit, 'Infinity');
END
$fn$;

COMMENT ON FUNCTION vecs._rebuild_pays(text, bigint, double precision) IS
$doc$Tell whether a load of so many rows should drop the vector indexes of a collection and build them again: where that takes less time, the load at least doubles the rows, the role may do so, and a build ends long before statement_timeout and the timeout of the client in seconds (NULL: none).$doc$;

GRANT EXECUTE ON FUNCTION vecs._rebuild_pays(text, bigint, double precision) TO PUBLIC;
