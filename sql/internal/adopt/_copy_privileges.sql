-- _copy_privileges: grant on a table or view what is granted on another, and nothing else.

CREATE OR REPLACE FUNCTION vecs._copy_privileges(
    from_id regclass,
    to_id regclass
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
    v_privileges text;
    v_grantee text;
    v_option text;
BEGIN
    FOR v_grantee IN
        SELECT DISTINCT
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_class AS c
        CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.oid = to_id AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', to_id, v_grantee);
    END LOOP;
    FOR v_privileges, v_grantee, v_option IN
        SELECT
            string_agg(p.privilege, ', '),
            CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(p.grantee)) END,
            CASE WHEN p.is_grantable THEN ' WITH GRANT OPTION' END
        FROM (
            SELECT a.grantee, a.is_grantable, a.privilege_type AS privilege
            FROM pg_class AS c
            CROSS JOIN LATERAL aclexplode(c.relacl) AS a
            WHERE c.oid = from_id
            UNION ALL
            SELECT a.grantee, a.is_grantable, format('%s (%I)', a.privilege_type, f.attname)
            FROM pg_attribute AS f
            JOIN pg_attribute AS t ON t.attrelid = to_id AND t.attname = f.attname
            CROSS JOIN LATERAL aclexplode(f.attacl) AS a
            WHERE f.attrelid = from_id AND NOT f.attisdropped
        ) AS p
        GROUP BY p.grantee, p.is_grantable
    LOOP
        EXECUTE format('GRANT %s ON %s TO %s%s', v_privileges, to_id, v_grantee, v_option);
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._copy_privileges(regclass, regclass) IS
$doc$Grant on the second table or view what is granted on the first one (NULL: nothing) and on its columns, to the same roles, and revoke what else is granted on it to others than its owner.$doc$;

GRANT EXECUTE ON FUNCTION vecs._copy_privileges(regclass, regclass) TO PUBLIC;
