-- _reembed_check: refuse to re-embed a collection that cannot be replaced by another table.

CREATE OR REPLACE FUNCTION vecs._reembed_check(
    collection text,
    leave_dependents boolean
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_table record;
    v_dependents text;
BEGIN
    SELECT c.relkind, pg_has_role(c.relowner, 'USAGE') AS is_owner, y.typcategory AS id_category
    INTO v_table
    FROM pg_class AS c
    JOIN pg_attribute AS a
        ON a.attrelid = c.oid AND a.attname = v_collection.id_column COLLATE "C"
    JOIN pg_type AS y ON y.oid = a.atttypid
    WHERE c.oid = v_collection.table_id;

    IF v_collection.view_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'collection "%s" is the table %s, which was adopted, and cannot be replaced',
                collection, v_collection.table_id
            ),
            HINT = 'Add a column of vectors to the table, adopt it under another name with'
                ' vec => that column, embed its rows (claim_missing()), index it, and exchange'
                ' the names with swap_collections().';
    ELSIF v_table.relkind <> 'r' OR v_table.id_category <> 'S'
        OR v_collection.element_type NOT IN ('vector', 'halfvec')
    THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'collection "%s" is not a table as create_collection() makes it', collection
            ),
            HINT = 'Fill another collection by yourself, and exchange the names with'
                ' swap_collections().';
    ELSIF NOT v_table.is_owner THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('must be owner of collection "%s"', collection),
            HINT = 'Re-embed it as the role that owns its table, which is replaced.';
    ELSIF leave_dependents IS TRUE THEN
        RETURN;
    END IF;

    SELECT string_agg(d.dependent, '; ' ORDER BY d.dependent) INTO v_dependents
    FROM vecs._reembed_dependents(v_collection.table_id) AS d (dependent);
    IF v_dependents IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'what belongs to the table of collection "%s" would stay with the old one',
                collection
            ),
            DETAIL = format('Not carried over: %s.', v_dependents),
            HINT = 'Drop it and create it again afterwards, or pass leave_dependents to leave it'
                ' with the old table.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_check(text, boolean) IS
$doc$Raise VS008 unsupported for an adopted table, a partitioned one, one with ids that are not text, and, unless leave_dependents is true, one to which something belongs that cannot be carried over to another table; and 42501 for a role that does not own the table.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_check(text, boolean) TO PUBLIC;
