-- _distribute_table: distribute the table of a collection over shards, or bring it back.
-- Colocated only with the copy that re-embedding makes, so that each collection can be moved alone.
-- Citus leaves the rows of the local table where they are: they are truncated. It makes a new table
-- when it changes the number of shards or brings the table back, and loses the comments: they are
-- set again.
--% from 'macros/errors.sql' import when_away with context

CREATE OR REPLACE FUNCTION vecs._distribute_table(
    collection text,
    shards bigint,
    colocate_with text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_relation text := format('vecs.%I', collection);
    v_before integer := vecs._shard_count(v_relation::regclass);
    -- Those of the table, its columns and its indexes: two of them say what a text index is.
    v_comments text[] := ARRAY(
        SELECT CASE
            WHEN d.objsubid > 0 THEN format(
                'COMMENT ON COLUMN %s.%I IS %L', v_relation, a.attname, d.description
            )
            WHEN i.indexrelid IS NOT NULL THEN format(
                'COMMENT ON INDEX vecs.%I IS %L', c.relname, d.description
            )
            ELSE format('COMMENT ON TABLE %s IS %L', v_relation, d.description)
        END
        FROM pg_description AS d
        JOIN pg_class AS c ON c.oid = d.objoid
        LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
        LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.objsubid
        WHERE d.classoid = 'pg_class'::regclass
            AND (d.objoid = v_relation::regclass OR i.indrelid = v_relation::regclass)
            AND (i.indexrelid IS NULL OR d.objsubid = 0)
    );
    v_statement text;
    v_settings text[];
BEGIN
    v_settings := vecs._swap_settings(
        '{client_min_messages}'::text[],
        ARRAY[CASE
            WHEN current_setting('client_min_messages') IN ('error', 'fatal', 'panic')
                THEN current_setting('client_min_messages')
            ELSE 'warning'
        END]
    );
    IF v_before IS NULL AND shards > 0 THEN
        PERFORM vecs._share_functions();
        EXECUTE $sql$
            SELECT create_distributed_table(
                $1::regclass, 'id', colocate_with => $3,
                shard_count => CASE $3 WHEN 'none' THEN $2::integer END
            )
        $sql$ USING v_relation, shards, _distribute_table.colocate_with;
        EXECUTE $sql$
            SELECT truncate_local_data_after_distributing_table($1::regclass)
        $sql$ USING v_relation;
    ELSIF shards > 0 AND v_before <> shards THEN
        EXECUTE $sql$
            SELECT alter_distributed_table(
                $1::regclass, shard_count => $2::integer, cascade_to_colocated => false
            )
        $sql$ USING v_relation, shards;
    ELSIF shards = 0 AND v_before > 0 THEN
        EXECUTE 'SELECT undistribute_table($1::regclass)' USING v_relation;
    END IF;
    IF shards > 0 THEN
        PERFORM vecs._check_local_execution(v_relation::regclass);
    END IF;
    FOREACH v_statement IN ARRAY v_comments LOOP
        EXECUTE v_statement;
    END LOOP;
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], v_settings);
EXCEPTION
    {{ when_away() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._distribute_table(text, bigint, text) IS
$doc$Distribute the table of a collection by id over so many shards, or, with 0, make it a local table. colocate_with is none or a table with as many shards, whose rows of the same ids are to be on the same nodes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._distribute_table(text, bigint, text) TO PUBLIC;
