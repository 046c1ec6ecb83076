-- _base_type: look up the type that a domain is over.

CREATE OR REPLACE FUNCTION vecs._base_type(
    type_id oid
)
RETURNS oid
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH RECURSIVE types (type_id, kind, base_id) AS (
        SELECT y.oid, y.typtype, y.typbasetype FROM pg_type AS y WHERE y.oid = _base_type.type_id
        UNION ALL
        SELECT y.oid, y.typtype, y.typbasetype
        FROM types AS t
        JOIN pg_type AS y ON y.oid = t.base_id
    )
    SELECT t.type_id FROM types AS t WHERE t.kind <> 'd';
$fn$;

COMMENT ON FUNCTION vecs._base_type(oid) IS
$doc$Return the type that a domain, or a domain over a domain, is over; another type itself.$doc$;

GRANT EXECUTE ON FUNCTION vecs._base_type(oid) TO PUBLIC;
