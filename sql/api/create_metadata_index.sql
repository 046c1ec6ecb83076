-- create_metadata_index: index one key of the metadata, for ranges, $in and equality.
-- Takes SHARE on the collection's table: readers go on, writers wait for the build.
--% from 'macros/errors.sql' import collection_not_found, raise_again with context

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
    v_name text;
    v_kind text := coalesce(kind, 'value');
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        path := vecs._check_path(key, path, v_kind);
        v_collection := vecs._collection(collection);
    EXCEPTION
        {{ raise_again() | indent(8) }}
    END;

    -- Two at once would both find none, or wait for each other's lock: the second waits here.
    PERFORM pg_advisory_xact_lock(
        hashtext('vecs.create_index'), v_collection.table_id::oid::integer
    );
    SELECT i.name INTO v_name
    FROM vecs._key_indexes(v_collection.table_id, path, v_kind) AS i
    WHERE i.valid
    ORDER BY i.name
    LIMIT 1;
    IF v_name IS NOT NULL THEN
        RETURN v_name;
    END IF;

    BEGIN
        -- It may have been dropped, and made anew, while this waited.
        PERFORM vecs._lock(collection, 'build');
        v_collection := vecs._collection(collection);
    EXCEPTION
        {{ raise_again() | indent(8) }}
    END;

    v_name := 'ix_metadata_' || md5(concat_ws(
        ' ', v_collection.table_id::oid, nullif(v_kind, 'value'), to_jsonb(path)
    ));
    PERFORM vecs._drop_metadata_index(v_collection.table_id, path, v_kind);
    -- One of this table whose comment somebody changed; or that of another table, which had this
    -- one's number before a restore.
    IF EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = v_collection.table_id
            AND i.indexrelid = to_regclass(format('vecs.%I', v_name))
    ) THEN
        EXECUTE format('DROP INDEX vecs.%I', v_name);
    ELSIF to_regclass(format('vecs.%I', v_name)) IS NOT NULL THEN
        v_name := 'ix_metadata_' || md5(concat(v_name, random()));
    END IF;
    IF NOT vecs._build_index(
        v_name,
        v_collection.table_id,
        format('((%s))', vecs._indexed_value(vecs._metadata_value(path), v_kind))
    ) THEN
        {{ collection_not_found('collection') | indent(8) }}
    END IF;
    EXECUTE format(
        'COMMENT ON INDEX vecs.%I IS %L',
        v_name,
        CASE v_kind
            WHEN 'value' THEN format('{"path": %s}', to_jsonb(path))
            ELSE format('{"kind": "%s", "path": %s}', v_kind, to_jsonb(path))
        END
    );
    PERFORM vecs._settle(v_collection.table_id);

    RETURN v_name;
END
$fn$;

COMMENT ON FUNCTION vecs.create_metadata_index(text, text, text[], text) IS
$doc$Index one key of the metadata, or a path of keys, and gather statistics, for filters on it; returns the index's name.

Without it, only equality, $contains, $any, $all and a short $in are served by an index, that on the whole metadata; a range looks at every row. A filter of nothing but equalities with single values goes on to use the index on the whole metadata, which serves it as well. Where the key has such an index already, nothing is done. vecs.describe_collection() lists the indexes.

Kinds:
  value    for $gt, $gte, $lt, $lte, $between, $in and $eq. Values of any type may stand under the key; those of more than 500 characters, but for numbers, are not in the index themselves and are looked at one by one. A number of more than about 5,000 digits does not fit into the index: a row with it is refused
  time     for the same operators with times, {"$time": "..."}
  pattern  for $startswith, and $like where the pattern begins with plain characters

A nested path is named as path: vecs.create_metadata_index('docs', path => ARRAY['address', 'city']) for filters such as {"address": {"city": {"$in": [...]}}}.

Parameters:
  collection  the collection
  key         the key, as it stands in the metadata: a dot is a plain character
  path        in its place, the keys from the outermost to the innermost; a path never enters an array
  kind        value, time or pattern

Errors: VS001 invalid_argument for neither or both of key and path, a key that reads as an array ('{a,b}'), an empty path, and an unknown kind; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_metadata_index(text, text, text[], text) TO PUBLIC;
