-- _define_index: put together the definition of a vector index, and the settings to build it with.
-- Each shard of a distributed table has an index of its own, of its own rows.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._define_index(
    collection text,
    measure text,
    method text,
    arguments jsonb,
    filters jsonb,
    index_precision text,
    predicate text,
    OUT name text,
    OUT definition text,
    OUT setting_names text[],
    OUT settings text[],
    OUT needed_bytes bigint,
    OUT memory_bytes bigint
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_ops text := (vecs._measure(measure)).ops;
    v_rows bigint;
    v_bytes integer;
    v_index record;
    v_build record;
BEGIN
    v_rows := CASE
        WHEN filters IS NULL THEN vecs._rows_to_index(v_collection.table_id)
        ELSE ceil(
            vecs.count_rows(collection, filters)::double precision
            / coalesce({{ shard_count('v_collection.table_id') | indent(12) }}, 1)
        )
    END;
    v_bytes := vecs._vector_bytes(
        v_collection.element_type, index_precision, v_collection.dimension
    );
    v_index := vecs._index_definition(method, arguments, v_bytes, v_rows);
    name := vecs._index_name(
        collection,
        v_collection.element_type,
        v_ops,
        concat_ws('_', v_index.label, nullif(index_precision, 'full')),
        filters
    );
    definition := format(
        'USING %I ((%s) %s%I) WITH (%s)%s',
        v_index.access_method,
        vecs._indexed_form(
            index_precision, v_collection.vec_column, v_collection.pgvector,
            v_collection.dimension
        ),
        v_collection.pgvector,
        CASE index_precision
            WHEN 'full' THEN format('%s_%s_ops', v_collection.element_type, v_ops)
            WHEN 'half' THEN format('halfvec_%s_ops', v_ops)
            ELSE 'bit_hamming_ops'
        END,
        v_index.storage_parameters,
        ' WHERE ' || predicate
    );
    v_build := vecs._build_settings(
        v_bytes, v_index.m, v_rows, arguments ->> 'memory',
        vecs._builds_at_once(v_collection.table_id)
    );
    setting_names := v_build.names;
    settings := v_build.settings;
    needed_bytes := v_build.needed_bytes;
    memory_bytes := v_build.memory_bytes;
END
$fn$;

COMMENT ON FUNCTION vecs._define_index(text, text, text, jsonb, jsonb, text, text) IS
$doc$Return the name of a vector index, what follows the table's name in CREATE INDEX, and the settings to build it with, among them the memory that its graph needs and that it gets, for arguments that _check_index() has accepted, and what it returned.$doc$;

GRANT EXECUTE ON FUNCTION vecs._define_index(text, text, text, jsonb, jsonb, text, text) TO PUBLIC;
