-- _build_vector_index: run CREATE INDEX on a collection's vectors.
-- Arguments: $1 the name; $2 the collection; $3 what follows the table's name; $4 whether it is a
-- partial index; $5 and $6 the names and values of the settings for the build. They have no names:
-- see _search_nearest().
-- On shards, Citus first builds one on the coordinator's table, which is empty, and pgvector has a
-- notice of little data for an ivfflat index: it is not shown.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._build_vector_index(
    text,
    text,
    text,
    boolean,
    text[],
    text[]
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection($2);
    v_messages text := current_setting('client_min_messages');
    v_before text[];
    v_built boolean;
BEGIN
    v_before := vecs._swap_settings_for(v_collection.table_id, $5, $6);
    IF {{ shard_count('v_collection.table_id') | indent(4) }} IS NOT NULL
        AND v_messages NOT IN ('error', 'fatal', 'panic')
    THEN
        PERFORM vecs._swap_settings('{client_min_messages}'::text[], '{warning}'::text[]);
    END IF;
    v_built := vecs._build_index($1, v_collection.table_id, $3);
    PERFORM vecs._swap_settings('{client_min_messages}'::text[], ARRAY[v_messages]);
    v_before := vecs._swap_settings_for(v_collection.table_id, $5, v_before);
    RETURN v_built;
EXCEPTION
    WHEN numeric_value_out_of_range OR invalid_object_definition OR feature_not_supported
        OR program_limit_exceeded
    THEN
        PERFORM vecs._raise_build_error($2, $4, SQLSTATE, SQLERRM);
        RAISE;
END
$fn$;

COMMENT ON FUNCTION vecs._build_vector_index(text, text, text, boolean, text[], text[]) IS
$doc$Build a vector index, and return whether its table still existed.

Raises VS008 unsupported for vectors that half precision cannot hold, and for a filter that no index can have.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_vector_index(text, text, text, boolean, text[], text[]) TO PUBLIC;
