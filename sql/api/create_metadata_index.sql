-- create_metadata_index: index one key of the metadata, for ranges, $in and equality.
-- Takes SHARE on the collection's table: readers go on, writers wait for the build.

CREATE OR REPLACE FUNCTION vecs.create_metadata_index(
    collection text,
    path text[]
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_name text;
BEGIN
    PERFORM vecs._check_path(path);

    -- Two at once would both find none, or wait for each other's lock: the second waits here.
    PERFORM pg_advisory_xact_lock(
        hashtext('vecs.create_index'), v_collection.table_id::oid::integer
    );
    SELECT i.name INTO v_name
    FROM vecs._key_indexes(v_collection.table_id, path) AS i
    WHERE i.valid
    ORDER BY i.name
    LIMIT 1;
    IF v_name IS NOT NULL THEN
        RETURN v_name;
    END IF;

    v_name := 'ix_metadata_' || md5(concat(v_collection.table_id::oid, ' ', to_jsonb(path)));
    PERFORM vecs._drop_metadata_index(v_collection.table_id, path);
    -- One whose comment somebody changed.
    IF to_regclass(format('vecs.%I', v_name)) IS NOT NULL THEN
        EXECUTE format('DROP INDEX vecs.%I', v_name);
    END IF;
    PERFORM vecs._build_index(
        v_name,
        v_collection.table_id,
        format('(%s)', vecs._indexed_value(vecs._metadata_value(path)))
    );
    EXECUTE format(
        'COMMENT ON INDEX vecs.%I IS %L', v_name, format('{"path": %s}', to_jsonb(path))
    );
    PERFORM vecs._settle(v_collection.table_id);

    RETURN v_name;
END
$fn$;

COMMENT ON FUNCTION vecs.create_metadata_index(text, text[]) IS
$doc$Index a nested path of metadata keys, as create_metadata_index(collection, key) does one key: vecs.create_metadata_index('docs', ARRAY['address', 'city']) for filters such as {"address": {"city": {"$in": [...]}}}.

Parameters:
  collection  the collection
  path        the keys from the outermost to the innermost; a path never enters an array

Errors: VS001 invalid_argument for NULL or an empty path; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_metadata_index(text, text[]) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.create_metadata_index(
    collection text,
    key text
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN vecs.create_metadata_index(collection, ARRAY[key]);
END
$fn$;

COMMENT ON FUNCTION vecs.create_metadata_index(text, text) IS
$doc$Index one key of the metadata, and gather statistics, for filters with $gt, $gte, $lt, $lte, $between, $in and $eq on it; returns the index's name.

Without it, only equality, $contains, $any, $all and a short $in are served by an index, that on the whole metadata; a range looks at every row. A filter of nothing but equalities with single values goes on to use the index on the whole metadata, which serves it as well. Values of any type may stand under the key; those of more than 500 characters, but for numbers, are not in the index themselves and are looked at one by one. A number of more than about 5,000 digits does not fit into the index: a row with it is refused. Where the key has such an index already, nothing is done. vecs.describe_collection() lists the indexes.

Parameters:
  collection  the collection
  key         the key, as it stands in the metadata: a dot is a plain character

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_metadata_index(text, text) TO PUBLIC;
