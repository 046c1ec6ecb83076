-- adopt: turn an existing table into a collection, without copying a row.
-- The collection is a view over the table. Takes ACCESS SHARE on the table, and a transaction-level
-- advisory lock on the name.
--% from 'macros/errors.sql' import reraise with context
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs.adopt(
    source regclass,
    name text DEFAULT NULL,
    id text DEFAULT NULL,
    vec text DEFAULT NULL,
    metadata text DEFAULT NULL,
    fields text[] DEFAULT NULL
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_name text := adopt.name;
    v_columns record;
    v_existing record;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._check_coordinator();
    PERFORM vecs._check_source(adopt.source);
    SELECT coalesce(v_name, c.relname) INTO v_name FROM pg_class AS c WHERE c.oid = adopt.source;
    PERFORM vecs._check_new_collection(v_name, 1::bigint, 'vector'::text);
    PERFORM pg_advisory_xact_lock(hashtext('vecs.create_collection'), hashtext(v_name));
    -- After waiting, the session's cache of names may be out of date; a lock renews it.
    PERFORM vecs._lock_collection(v_name, 'read');
    SELECT c.* INTO v_existing FROM vecs._collections(v_name) AS c;
    IF v_existing.view_id IS NULL AND to_regclass(format('vecs.%I', v_name)) IS NOT NULL
        OR v_existing.table_id <> adopt.source
    THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.collection_already_exists.sqlstate }}',
            MESSAGE = format(
                CASE
                    WHEN v_existing.view_id IS NOT NULL
                        THEN 'collection "%s" is table "%s" already'
                    WHEN v_existing.table_id IS NOT NULL THEN 'collection "%s" already exists'
                    ELSE 'the name "%s" is taken by another relation of the schema "vecs"'
                END,
                v_name, v_existing.table_id
            ),
            HINT = 'Choose another name: vecs.adopt(..., name => ''...'').';
    END IF;

    v_columns := vecs._adopted_columns(
        adopt.source, adopt.id, adopt.vec, adopt.metadata, adopt.fields, v_existing.view_id
    );
    PERFORM vecs._create_view(
        v_name, adopt.source, v_existing.view_id, v_columns.id_column, v_columns.vec_column,
        v_columns.metadata_column, v_columns.field_columns, v_columns.text_value
    );
    IF {{ shard_count('adopt.source') | indent(4) }} IS NOT NULL THEN
        PERFORM vecs._check_local_execution(adopt.source);
    END IF;
    RETURN v_name;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.adopt(regclass, text, text, text, text, text[]) IS
$doc$Turn an existing table into a collection, and return the collection's name. No row is copied, and the table stays as it is: applications keep writing to it, and searches see the changes at once.

The collection is a view in the schema vecs, with the columns id (the key as text), vec, metadata, _id (the key itself), _metadata (the jsonb column, if there is one), and one for each field; create_text_index() adds _text. A key of a filter that is a field compares that column, with its type, its indexes and its statistics; NULL counts as a key that does not exist. Numbers compare with numbers, dates and timestamps as points in time (in UTC unless they have a time zone), and $contains, $any and $all with arrays; a path of keys enters a jsonb column. Other keys of a filter are keys of the metadata column. If a field and a key of the metadata column have the same name, the field is meant.

Rows without a vector belong to the collection, but no search returns them; claim_missing() helps to embed them. The table may have row-level security. Privileges are those on the table: nothing has to be granted on the view, which is read with the privileges of whoever reads it.

upsert() writes the fields that a record names, and replaces the keys of the metadata column if it names one of them. New rows need a unique index on the key, alone or with fields that the record names.

If a column is renamed, the collection keeps working. A new column becomes a field when the table is adopted again under the collection's name; what is not named then stays as it is, and the fields are those chosen before with the columns that the table has got since. PostgreSQL refuses to drop the table, or to drop or alter a column, while a collection uses it: drop_collection() first, which drops the view alone.

Parameters:
  source    the table, partitioned table or materialized view
  name      the collection's name; NULL: the table's
  id        the column that identifies a row; NULL: the primary key. One that is named need not have a unique index, but its values must be unique
  vec       the column of type vector or halfvec; NULL: the only one
  metadata  a jsonb column whose keys are metadata, too; NULL: the jsonb column "metadata", if there is one
  fields    the columns that filters compare and searches return as metadata; NULL: all others, but those with vectors or of type tsvector, and those named id, vec, metadata, _id, _metadata or _text; {}: none

Errors: VS001 invalid_argument for a column that does not exist or has another type, for two columns of vectors of which none is named, and for a name that no collection can have; VS003 collection_already_exists; VS008 unsupported for a table without a primary key, or with one of several columns, of which none is named, for one without vectors, and for a view, a foreign table, a temporary table or a collection.$doc$;

GRANT EXECUTE ON FUNCTION vecs.adopt(regclass, text, text, text, text, text[]) TO PUBLIC;
