-- _rename_collection: give a collection another name, and those of its indexes that carry the name.
-- Takes ACCESS EXCLUSIVE on the collection's table, or its view. The caller holds the locks of
-- _lock_names().

CREATE OR REPLACE FUNCTION vecs._rename_collection(
    text,
    text
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
    name ALIAS FOR $1;
    new_name ALIAS FOR $2;
    v_table regclass := to_regclass(format('vecs.%I', name));
    v_index record;
BEGIN
    IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = v_table AND c.relkind = 'v') THEN
        EXECUTE format('ALTER VIEW vecs.%I RENAME TO %I', name, new_name);
        RETURN;
    END IF;

    EXECUTE format('ALTER TABLE vecs.%I RENAME TO %I', name, new_name);
    FOR v_index IN
        SELECT c.relname AS old, r.new
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'vec'
        JOIN pg_type AS y ON y.oid = a.atttypid
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN c.relname IN (name || '_pkey', name || '_metadata_idx') THEN concat(
                    CASE WHEN octet_length(new_name) > 50 THEN md5(new_name) ELSE new_name END,
                    substr(c.relname, length(name) + 1)
                )
                WHEN c.relname ~ '^ix_(vector|partial)_'
                    AND right(c.relname, 7) = vecs._name_hash(y.typname::text, name)
                    THEN left(c.relname, -7) || vecs._name_hash(y.typname::text, new_name)
            END
        ) AS r (new)
        WHERE i.indrelid = v_table
            AND r.new IS NOT NULL
            AND to_regclass(format('vecs.%I', coalesce(r.new, ''))) IS NULL
    LOOP
        EXECUTE format('ALTER INDEX vecs.%I RENAME TO %I', v_index.old, v_index.new);
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._rename_collection(text, text) IS
$doc$Rename a collection that exists, with the indexes whose names carry its name; those stay that would have the name of another relation.$doc$;

GRANT EXECUTE ON FUNCTION vecs._rename_collection(text, text) TO PUBLIC;
