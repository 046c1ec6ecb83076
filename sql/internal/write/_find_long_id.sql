-- _find_long_id: find the first id that is too long for a unique index.
-- Called only after such an error, inside what the error undoes: it inserts the long ids one by
-- one.

CREATE OR REPLACE FUNCTION vecs._find_long_id(
    table_id regclass,
    index_name text,
    ids text[],
    vecs vector[]
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_row record;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = table_id
            AND i.indisunique
            AND c.relname = coalesce(index_name, c.relname)
    ) THEN
        RETURN NULL;
    END IF;

    FOR v_row IN
        SELECT u.id, u.vec
        FROM unnest(ids, _find_long_id.vecs) WITH ORDINALITY AS u (id, vec, position)
        WHERE octet_length(u.id) > 2600
        ORDER BY u.position
    LOOP
        BEGIN
            EXECUTE format(
                'INSERT INTO %s (id, vec) VALUES ($1, $2) ON CONFLICT DO NOTHING', table_id
            ) USING v_row.id, v_row.vec;
        EXCEPTION
            WHEN program_limit_exceeded THEN
                RETURN v_row.id;
        END;
    END LOOP;
    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._find_long_id(regclass, text, text[], vector[]) IS
$doc$Return the first id that is too long for a unique index of a table, which is given by its name (NULL: any). NULL if another index raised the error. Inserts the ids that fit.$doc$;

GRANT EXECUTE ON FUNCTION vecs._find_long_id(regclass, text, text[], vector[]) TO PUBLIC;
