-- _describe_adopted: describe what only a collection over an adopted table has.

CREATE OR REPLACE FUNCTION vecs._describe_adopted(
    view_id regclass
)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_source record := vecs._source(view_id::oid);
    v_columns jsonb;
    v_without bigint;
BEGIN
    SELECT jsonb_object_agg(v.attname, jsonb_build_object(
        'column', s.attname, 'type', format_type(s.atttypid, s.atttypmod)
    ))
    INTO v_columns
    FROM pg_attribute AS v
    CROSS JOIN LATERAL vecs._view_origin(view_id::oid, v.attname::text) AS o (origin)
    JOIN pg_attribute AS s ON s.attrelid = o.origin[1] AND s.attnum = o.origin[2]::integer
    WHERE v.attrelid = view_id AND v.attnum > 0 AND NOT v.attisdropped;

    BEGIN
        EXECUTE format('SELECT count(*) FROM %s AS t WHERE t.vec IS NULL', view_id) INTO v_without;
    EXCEPTION
        -- Or it was dropped concurrently, and has no name any more.
        WHEN insufficient_privilege OR undefined_table OR syntax_error THEN
            NULL;
    END;
    RETURN jsonb_build_object(
        'table', v_source.table_id,
        'id_column', v_columns -> '_id',
        'vec_column', v_columns -> 'vec',
        'metadata_column', v_columns -> '_metadata',
        'fields', v_columns - '{_id,vec,_metadata,_text}'::text[],
        'rows_without_vector', v_without
    );
END
$fn$;

COMMENT ON FUNCTION vecs._describe_adopted(regclass) IS
$doc$Return what describe_collection() tells of an adopted table beyond what it tells of every collection: the table, its columns and their types, and how many rows have no vector (NULL without the privilege to count them).$doc$;

GRANT EXECUTE ON FUNCTION vecs._describe_adopted(regclass) TO PUBLIC;
