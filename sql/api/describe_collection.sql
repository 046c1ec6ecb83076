-- describe_collection: describe a collection and its indexes.
--% from 'macros/errors.sql' import collection_not_found, reraise with context
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs.describe_collection(
    collection text
)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record;
    v_count record;
    v_shards integer;
    v_described jsonb;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    SELECT c.row_count, c.exact INTO v_count
    FROM vecs._approximate_count(v_collection.table_id) AS c
    WHERE has_table_privilege(v_collection.table_id, 'SELECT');

    v_described := jsonb_build_object(
        'name', collection,
        'dimension', v_collection.dimension,
        'element_type', v_collection.element_type,
        'count', v_count.row_count,
        'count_is_exact', v_count.exact,
        'total_bytes', vecs._relation_bytes(v_collection.table_id, true),
        'table_bytes', vecs._relation_bytes(v_collection.table_id, false),
        'row_level_security',
            (SELECT c.relrowsecurity FROM pg_class AS c WHERE c.oid = v_collection.table_id),
        'vector_indexes', coalesce((
            SELECT jsonb_agg(
                jsonb_build_object(
                    'name', i.name,
                    'method', i.method,
                    'measure', i.measure,
                    'precision', i.index_precision,
                    'parameters', (
                        SELECT coalesce(jsonb_object_agg(o.option_name, o.option_value), '{}')
                        FROM pg_options_to_table(k.reloptions) AS o
                    ),
                    'valid', i.valid,
                    'bytes', vecs._relation_bytes(i.index_id, false),
                    'rows_when_built', vecs._rows_when_built(i.index_id),
                    'rows_now', CASE
                        WHEN i.filters IS NULL THEN v_count.row_count
                        ELSE vecs._indexed_rows(v_collection.table_id, i.index_id)
                    END
                ) || vecs._measured_when_built(i.index_id) || jsonb_strip_nulls(jsonb_build_object(
                    'partition', i.partition,
                    'missing_on', to_jsonb(i.missing),
                    'age', vecs._index_age(i.index_id, v_collection.table_id)
                )) || CASE
                    WHEN i.filters IS NULL THEN '{}' ELSE jsonb_build_object('filters', i.filters)
                END
                ORDER BY i.name
            )
            FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
            JOIN pg_class AS k ON k.oid = i.index_id
        ), '[]'),
        'metadata_indexes', coalesce((
            SELECT jsonb_agg(
                jsonb_build_object(
                    'name', m.name, 'definition', m.definition, 'valid', m.valid, 'bytes', m.bytes
                )
                ORDER BY m.name
            )
            FROM vecs._metadata_indexes(
                v_collection.table_id, v_collection.view_id IS NOT NULL
            ) AS m
        ), '[]')
    );

    v_described := v_described || coalesce((
        SELECT jsonb_build_object('text_index', jsonb_build_object(
            'key', x.key,
            'config', x.config,
            'name', x.name,
            'bytes', vecs._relation_bytes(x.index_id, false)
        ))
        FROM vecs._text_index(collection) AS x
        WHERE x.key IS NOT NULL
    ), '{}');
    v_shards := {{ shard_count('v_collection.table_id') | indent(4) }};
    IF v_shards IS NOT NULL THEN
        v_described := v_described || jsonb_build_object(
            'distribution', vecs._describe_shards(v_collection.table_id)
        );
    END IF;
    IF v_collection.view_id IS NOT NULL THEN
        v_described := v_described || vecs._describe_adopted(v_collection.view_id);
    END IF;

    -- Dropped concurrently: it has no size.
    IF v_shards IS NULL AND v_described ->> 'table_bytes' IS NULL THEN
        {{ collection_not_found('collection') | indent(8) }}
    END IF;
    RETURN v_described;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.describe_collection(text) IS
$doc$Describe a collection and its indexes, as JSON.

Keys:
  name, dimension, element_type
  count, count_is_exact        the number of rows, from the statistics of the last ANALYZE; counted if there are none; null without the privilege SELECT
  total_bytes, table_bytes     the size with and without indexes
  row_level_security           whether it is enabled
  vector_indexes               name, method, measure, precision (full, half, binary), parameters, valid, bytes, rows_when_built, rows_now; if measured, recall_when_built, and the ef_search or probes that searches by it use; if it should be renewed, age says why, see advise(); of a partial index also filters; of a partitioned table also partition, for the index of one, and missing_on, a list of the partitions that have no valid index for the measure
  metadata_indexes             name, definition, valid, bytes; of an adopted table all indexes but those on vectors
  text_index                   if there is one: key, config, name, bytes

A collection that is distributed over the nodes of a cluster also has:
  distribution                 column (the distribution column; null for a reference table), shards (their number), and for each node that has shards: node (host and port), shards, bytes (with indexes), reachable

Of such a collection up to 10,000 rows are counted. While a node cannot be reached, count and sizes are null; sizes are also null in a transaction that has written to several shards.

An adopted table also has:
  table                                   the table that adopt() made a collection of
  id_column, vec_column, metadata_column  the name of the column, and its type; metadata_column may be null
  fields                                  the same for each field
  rows_without_vector                     how many rows no search returns

If metadata_indexes is empty, no index serves filters. CREATE INDEX ON vecs."name" USING gin (metadata jsonb_path_ops) creates the index that create_collection() makes.

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.describe_collection(text) TO PUBLIC;
