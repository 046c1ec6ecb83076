-- _write_rows: insert or replace rows that have been checked.
-- Locks rows in the order of their ids, so that concurrent writers of the same rows cannot
-- deadlock.

CREATE OR REPLACE FUNCTION vecs._write_rows(
    table_id regclass,
    vec_type regtype,
    ids text[],
    vecs vector[],
    metadata jsonb
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_ascending boolean;
    v_has_duplicates boolean := false;
    v_long_id text;
    v_index text;
    v_too_long text;
    v_statement text;
    v_written bigint;
BEGIN
    -- Ascending ids, which many loads have, need no sort and no search for duplicates.
    SELECT
        bool_and(u.id COLLATE "C" > u.previous),
        max(u.id) FILTER (WHERE octet_length(u.id) > 2600)
    INTO v_ascending, v_long_id
    FROM (SELECT i.id, lag(i.id) OVER () AS previous FROM unnest(ids) AS i (id)) AS u;
    IF v_ascending IS FALSE THEN
        SELECT count(DISTINCT i.id COLLATE "C") < cardinality(ids) INTO v_has_duplicates
        FROM unnest(ids) AS i (id);
    END IF;

    v_statement := format(
        $sql$
        INSERT INTO %1$s AS t (id, vec, metadata)
        SELECT r.id, r.vec%4$s, coalesce(nullif(r.metadata, 'null'), '{}')
        FROM (
            SELECT
                generate_series(1, cardinality($1)) AS position,
                unnest($1) AS id,
                unnest($2) AS vec,
                jsonb_array_elements($3) AS metadata
        ) AS r
        %2$s
        %3$s
        ON CONFLICT (id) DO UPDATE SET vec = EXCLUDED.vec, metadata = EXCLUDED.metadata
        $sql$,
        table_id,
        CASE WHEN v_has_duplicates THEN
            'WHERE r.position IN (SELECT max(u.position) FROM unnest($1)'
            ' WITH ORDINALITY AS u (id, position) GROUP BY u.id)'
        END,
        CASE WHEN v_ascending IS FALSE THEN 'ORDER BY r.id COLLATE "C"' END,
        '::' || vec_type
    );

    IF v_long_id IS NULL THEN
        EXECUTE v_statement USING ids, _write_rows.vecs, _write_rows.metadata;
        GET DIAGNOSTICS v_written = ROW_COUNT;
        RETURN v_written;
    END IF;

    -- An id of more than 2,704 bytes does not fit into the primary key, unless it compresses.
    BEGIN
        EXECUTE v_statement USING ids, _write_rows.vecs, _write_rows.metadata;
        GET DIAGNOSTICS v_written = ROW_COUNT;
        RETURN v_written;
    EXCEPTION
        WHEN program_limit_exceeded THEN
            GET STACKED DIAGNOSTICS v_index = CONSTRAINT_NAME;
            -- The error of another node does not name it.
            v_too_long := vecs._find_long_id(
                table_id, nullif(v_index, ''), ids, _write_rows.vecs
            );
            IF v_too_long IS NULL THEN
                RAISE;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
                MESSAGE = format(
                    'the id "%s..." of row %s is too long for the primary key: %s bytes',
                    left(v_too_long, 100), array_position(ids, v_too_long), octet_length(v_too_long)
                ),
                DETAIL = SQLERRM,
                HINT = 'Keep ids below 2,700 bytes: use a hash as the id, and put the long text'
                    ' into the metadata.';
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._write_rows(regclass, regtype, text[], vector[], jsonb) IS
$doc$Insert rows that _check_rows() has accepted, or replace those whose ids exist. vec_type is the type of vectors to cast to, which Citus needs; NULL: none. Returns the number of rows written.

Raises VS001 invalid_argument for an id that is too long for the primary key.$doc$;

GRANT EXECUTE ON FUNCTION vecs._write_rows(regclass, regtype, text[], vector[], jsonb) TO PUBLIC;
