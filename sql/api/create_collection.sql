-- create_collection: make a collection, an ordinary table with an index on its metadata.
-- Takes a transaction-level advisory lock on the name, so that of many at once exactly one creates
-- and none fails.
--% from 'macros/errors.sql' import raise_again

CREATE OR REPLACE FUNCTION vecs.create_collection(
    name text,
    dimension bigint,
    element_type text DEFAULT 'vector',
    if_not_exists boolean DEFAULT false
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_element_type text := coalesce(element_type, 'vector');
    v_existing record;
    v_relation regclass;
    v_pgvector text;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._check_new_collection(name, dimension, v_element_type);
    EXCEPTION
        {{ raise_again() | indent(8) }}
    END;
    PERFORM pg_advisory_xact_lock(hashtext('vecs.create_collection'), hashtext(name));
    SELECT c.* INTO v_existing FROM vecs._collections(name) AS c;
    v_relation := to_regclass(format('vecs.%I', name));

    IF v_existing.table_id IS NOT NULL AND if_not_exists IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.collection_already_exists.sqlstate }}',
            MESSAGE = format('collection "%s" already exists', name),
            HINT = 'Pass if_not_exists => true to keep the one there is,'
                ' or call drop_collection() first.';
    ELSIF (v_existing.dimension, v_existing.element_type) <> (dimension, v_element_type) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.dimension_mismatch.sqlstate }}',
            MESSAGE = format(
                'collection "%s" exists with type %s(%s), not %s(%s)',
                name, v_existing.element_type, v_existing.dimension, v_element_type, dimension
            ),
            HINT = 'Ask for what it has, or choose another name.';
    ELSIF v_existing.table_id IS NOT NULL THEN
        RETURN false;
    ELSIF if_not_exists AND v_relation IS NOT NULL
        AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = v_relation)
    THEN
        -- Made by another transaction since the caller's snapshot.
        RETURN false;
    ELSIF v_relation IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.collection_already_exists.sqlstate }}',
            MESSAGE = format(
                'the name "%s" is taken by another relation of the schema "vecs"', name
            ),
            HINT = 'Indexes, views and tables share one name space: choose another name.';
    END IF;

    SELECT format('%I.', n.nspname) INTO v_pgvector
    FROM pg_extension AS e
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'vector';

    -- Vectors of up to 2,000 numbers stay in the row: a search that compares the rows of a filter
    -- takes less than half the time where it need not fetch them from elsewhere (784 dimensions).
    EXECUTE format(
        $sql$
        CREATE TABLE vecs.%1$I (
            id varchar PRIMARY KEY,
            vec %2$s%3$I(%4$s) NOT NULL,
            metadata jsonb NOT NULL DEFAULT '{}'
        )
        WITH (toast_tuple_target = 8160)
        $sql$,
        name, v_pgvector, v_element_type, dimension
    );
    EXECUTE format($sql$CREATE INDEX ON vecs.%I USING gin (metadata jsonb_path_ops)$sql$, name);
    RETURN true;
END
$fn$;

COMMENT ON FUNCTION vecs.create_collection(text, bigint, text, boolean) IS
$doc$Make a collection for vectors of one dimension, with an index on the metadata.

Returns whether it was created: false where it exists already and if_not_exists is true. Many callers at once: exactly one creates it, none fails. Needs the privilege CREATE on the schema. The collection is the table vecs."name" (id varchar primary key, vec, metadata jsonb).

Parameters:
  name           1 to 63 bytes, any characters, case kept; may not start with "_"
  dimension      numbers in a vector, 1 to 16000 (indexes: vector up to 2000, halfvec up to 4000)
  element_type   vector (4 bytes a number) or halfvec (2 bytes a number)
  if_not_exists  return false instead of raising where the collection exists

Errors: VS001 invalid_argument; VS003 collection_already_exists, also where an index or another relation has the name; VS004 dimension_mismatch where the existing collection has another dimension or type.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_collection(text, bigint, text, boolean) TO PUBLIC;
