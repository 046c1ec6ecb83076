-- _trigram_schema: look up the schema of the extension pg_trgm.

CREATE OR REPLACE FUNCTION vecs._trigram_schema()
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_schema text := (
        SELECT quote_ident(n.nspname) || '.'
        FROM pg_extension AS e
        JOIN pg_namespace AS n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_trgm'
    );
BEGIN
    IF v_schema IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'the extension pg_trgm, which compares words by trigrams, is not installed',
            HINT = 'CREATE EXTENSION pg_trgm installs it: it is a part of PostgreSQL.';
    END IF;
    RETURN v_schema;
END
$fn$;

COMMENT ON FUNCTION vecs._trigram_schema() IS
$doc$Return the prefix that names the schema of the extension pg_trgm in SQL text.

Raises VS008 unsupported if it is not installed.$doc$;

GRANT EXECUTE ON FUNCTION vecs._trigram_schema() TO PUBLIC;
