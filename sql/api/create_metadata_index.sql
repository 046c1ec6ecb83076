-- create_metadata_index: index one key of the metadata for ranges, $in and equality.
-- Takes SHARE on the collection's table: readers go on, writers wait for the build.
--% from 'macros/errors.sql' import collection_not_found, reraise with context

CREATE OR REPLACE FUNCTION vecs.create_metadata_index(
    collection text,
    key text DEFAULT NULL,
    path text[] DEFAULT NULL,
    kind text DEFAULT 'value'
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_schema text;
    v_fields jsonb;
    v_name text;
    v_kind text := coalesce(kind, 'value');
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        path := vecs._check_path(key, path, v_kind);
        -- Two sessions would both find none: the second waits here.
        PERFORM vecs._lock_builds(collection);
        v_collection := vecs._collection(collection);
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;

    IF v_collection.view_id IS NOT NULL THEN
        BEGIN
            PERFORM vecs._lock_collection(collection, 'build');
            v_fields := vecs._fields(v_collection.view_id, NULL::jsonb);
            PERFORM vecs._check_field_path(v_fields, path);
            IF v_fields -> 'fields' ? path[1] THEN
                RETURN vecs._create_field_index(collection, path[1], v_kind);
            END IF;
        EXCEPTION
            {{ reraise() | indent(12) }}
        END;
    END IF;
    v_schema := vecs._schema(v_collection.table_id);
    SELECT i.name INTO v_name
    FROM vecs._key_indexes(v_collection.table_id, v_collection.view_id, path, v_kind) AS i
    WHERE i.valid
    ORDER BY i.name
    LIMIT 1;
    IF v_name IS NOT NULL THEN
        RETURN v_name;
    END IF;

    BEGIN
        -- It may have been dropped and created again in the meantime.
        PERFORM vecs._lock_collection(collection, 'build');
        v_collection := vecs._collection(collection);
    EXCEPTION
        {{ reraise() | indent(8) }}
    END;

    v_name := 'ix_metadata_' || md5(concat_ws(
        ' ', v_collection.table_id::oid, nullif(v_kind, 'value'), to_jsonb(path),
        (vecs._source(v_collection.view_id::oid)).metadata_number
    ));
    PERFORM vecs._drop_metadata_index(
        v_collection.table_id, v_collection.view_id, path, v_kind
    );
    -- The name may be taken: by an index of this table whose comment was changed, or by one of a
    -- table that had this oid before a dump and restore.
    IF EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = v_collection.table_id
            AND i.indexrelid = to_regclass(format('%s.%I', v_schema, v_name))
    ) THEN
        EXECUTE format('DROP INDEX %s.%I', v_schema, v_name);
    ELSIF to_regclass(format('%s.%I', v_schema, v_name)) IS NOT NULL THEN
        v_name := 'ix_metadata_' || md5(concat(v_name, random()));
    END IF;
    IF NOT vecs._build_index(
        v_name,
        v_collection.table_id,
        format(
            CASE v_kind WHEN 'trigram' THEN 'USING gin ((%s) %sgin_trgm_ops)' ELSE '((%s))' END,
            vecs._index_expression(
                vecs._path_expression(quote_ident(v_collection.metadata_column), path), v_kind
            ),
            CASE v_kind WHEN 'trigram' THEN vecs._trigram_schema() END
        )
    ) THEN
        {{ collection_not_found('collection') | indent(8) }}
    END IF;
    EXECUTE format(
        'COMMENT ON INDEX %s.%I IS %L',
        v_schema,
        v_name,
        CASE v_kind
            WHEN 'value' THEN format('{"path": %s}', to_jsonb(path))
            ELSE format('{"kind": "%s", "path": %s}', v_kind, to_jsonb(path))
        END
    );
    PERFORM vecs._refresh_statistics(v_collection.table_id);

    RETURN v_name;
END
$fn$;

COMMENT ON FUNCTION vecs.create_metadata_index(text, text, text[], text) IS
$doc$Create an index on one key of the metadata, or on a path of keys, collect statistics, and return the index's name.

The index that create_collection() makes on the whole metadata serves equality, $contains, $any, $all and a short $in. Other conditions read every row unless their key has an index. A filter of nothing but equalities with scalars keeps using the index on the whole metadata. If the key already has such an index, its name is returned. describe_collection() lists the indexes.

Kinds:
  value    for $gt, $gte, $lt, $lte, $between, $in and $eq. Values of all types may be under the key. A value of more than 500 characters that is not a number is compared one by one. A number of more than about 5,000 digits does not fit into the index, and writing it fails
  time     for the same operators with times, {"$time": "..."}
  pattern  for $startswith, and for $like if the pattern has a fixed prefix
  trigram  for $like and $ilike if the pattern has three letters in a row, and for text_query() with match => 'fuzzy'; needs the extension pg_trgm

Pass a nested path as path: vecs.create_metadata_index('docs', path => ARRAY['address', 'city']) serves filters such as {"address": {"city": {"$in": [...]}}}.

On a field of an adopted table it is an ordinary index of the column: gin for arrays, jsonb and trigrams, and btree for other types, which takes values of up to 2,700 bytes. A longer text fails then, in the index's build and in later writes of the table. An index of the column that serves the same conditions is left as it is, and its name returned.

Parameters:
  collection  the collection
  key         the key, literally: a dot has no special meaning
  path        instead of key: the keys from the outermost to the innermost; a path never enters an array
  kind        value, time, pattern or trigram

Errors: VS001 invalid_argument if neither or both of key and path are given, for a key that looks like an array literal ('{a,b}'), an empty path, and an unknown kind; VS002 collection_not_found; VS008 unsupported for trigram without the extension pg_trgm.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_metadata_index(text, text, text[], text) TO PUBLIC;
