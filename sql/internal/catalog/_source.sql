-- _source: read which table a view is over, and which of its columns are the collection's.
-- The view is the only registry of an adopted table. Its rule holds the origin of each column that
-- is a plain reference; if the table or a column is renamed, the numbers stay.
--% from 'macros/views.sql' import origin

CREATE OR REPLACE FUNCTION vecs._source(
    view_id oid,
    OUT table_id regclass,
    OUT vec_number smallint,
    OUT id_number smallint,
    OUT metadata_number smallint
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_rule text := (
        SELECT r.ev_action::text
        FROM pg_rewrite AS r
        WHERE r.ev_class = view_id AND r.rulename = '_RETURN'
    );
    v_vec oid[] := {{ origin('v_rule', "'vec'") }};
    v_id oid[] := {{ origin('v_rule', "'_id'") }};
    v_metadata oid[] := {{ origin('v_rule', "'_metadata'") }};
BEGIN
    IF v_vec[1] = v_id[1] AND EXISTS (
        SELECT FROM pg_class AS c WHERE c.oid = v_vec[1] AND c.relkind IN ('r', 'p', 'm')
    ) THEN
        table_id := v_vec[1];
        vec_number := v_vec[2]::integer;
        id_number := v_id[2]::integer;
        metadata_number := CASE v_metadata[1] WHEN v_vec[1] THEN v_metadata[2]::integer END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._source(oid) IS
$doc$Return the table behind the view of an adopted table, and the numbers of its columns that are the vector, the key and the metadata (NULL: none). No values for any other view.$doc$;

GRANT EXECUTE ON FUNCTION vecs._source(oid) TO PUBLIC;
