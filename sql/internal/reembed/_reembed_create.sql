-- _reembed_create: create the shadow of a collection: a table like it, with vectors of another
-- dimension, that only its owner may use.
--% from 'macros/shards.sql' import shard_count

CREATE OR REPLACE FUNCTION vecs._reembed_create(
    collection text,
    shadow text,
    dimension bigint
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
    v_collection record := vecs._collection(collection);
    v_shadow regclass;
    v_shards integer;
    v_id record;
    v_owner name;
    v_index name;
    v_text record := vecs._text_index(collection);
BEGIN
    PERFORM vecs.create_collection(
        shadow, dimension, v_collection.element_type, false, NULL::bigint
    );
    v_shadow := format('vecs.%I', shadow)::regclass;
    -- It is indexed when it is filled.
    FOR v_index IN
        SELECT c.relname
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = v_shadow AND NOT i.indisprimary
    LOOP
        EXECUTE format('DROP INDEX vecs.%I', v_index);
    END LOOP;

    SELECT
        format_type(a.atttypid, a.atttypmod) AS type,
        format('%I.%I', n.nspname, l.collname) AS id_collation
    INTO v_id
    FROM pg_attribute AS a
    JOIN pg_collation AS l ON l.oid = a.attcollation
    JOIN pg_namespace AS n ON n.oid = l.collnamespace
    WHERE a.attrelid = v_collection.table_id AND a.attname = v_collection.id_column COLLATE "C";
    EXECUTE format(
        'ALTER TABLE %s ALTER COLUMN id TYPE %s COLLATE %s',
        v_shadow, v_id.type, v_id.id_collation
    );
    -- Afterwards Citus would not change that column.
    v_shards := {{ shard_count('v_collection.table_id') | indent(4) }};
    IF v_shards IS NOT NULL THEN
        PERFORM vecs._distribute_table(
            shadow, v_shards::bigint, v_collection.table_id::text
        );
        v_shadow := format('vecs.%I', shadow)::regclass;
    END IF;

    IF v_text.key IS NOT NULL THEN
        PERFORM vecs.create_text_index(shadow, v_text.key, v_text.config #>> '{}', true);
    END IF;

    -- Default privileges may have given it to others, and it has no policies yet.
    PERFORM vecs._copy_privileges(NULL::regclass, v_shadow);
    SELECT pg_get_userbyid(c.relowner) INTO v_owner
    FROM pg_class AS c
    WHERE c.oid = v_collection.table_id;
    IF v_owner <> current_user THEN
        EXECUTE format('ALTER TABLE %s OWNER TO %I', v_shadow, v_owner);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_create(text, text, bigint) IS
$doc$Create an empty collection with the element type, the owner and the type of id of another one, for vectors of some dimension, without indexes but the primary key and a text index, if that one has one, and without privileges for anyone but the owner.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_create(text, text, bigint) TO PUBLIC;
