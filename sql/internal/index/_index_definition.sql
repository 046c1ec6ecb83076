-- _index_definition: complete the arguments of create_index() with defaults.

CREATE OR REPLACE FUNCTION vecs._index_definition(
    method text,
    arguments jsonb,
    vector_bytes integer,
    row_count bigint,
    OUT access_method text,
    OUT storage_parameters text,
    OUT label text,
    OUT m integer,
    OUT ef_construction integer
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_lists integer;
BEGIN
    IF method IN ('auto', 'hnsw') THEN
        SELECT p.m, p.ef_construction
        INTO _index_definition.m, _index_definition.ef_construction
        FROM vecs._hnsw_parameters(vector_bytes, arguments) AS p;
        access_method := 'hnsw';
        storage_parameters := format('m = %s, ef_construction = %s', m, ef_construction);
        label := format('hnsw_m%s_efc%s', m, ef_construction);
    ELSE
        -- As pgvector's README advises and the vecs client does: rows / 1000 up to a million rows,
        -- their square root above.
        v_lists := coalesce(
            (arguments ->> 'lists')::integer,
            CASE
                WHEN row_count < 1000000 THEN greatest(row_count / 1000, 30)
                ELSE least(sqrt(row_count), 32768)
            END
        );
        access_method := 'ivfflat';
        storage_parameters := format('lists = %s', v_lists);
        label := format('ivfflat_nl%s', v_lists);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._index_definition(text, jsonb, integer, bigint) IS
$doc$Return the access method, the storage parameters, the part of the index's name that states them, and those of an hnsw index (NULL for another), for arguments that _check_index_arguments() has accepted.$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_definition(text, jsonb, integer, bigint) TO PUBLIC;
