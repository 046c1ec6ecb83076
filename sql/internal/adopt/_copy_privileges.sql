-- _copy_privileges: grant on a view what is granted on another, and nothing else.

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
AS $fn$
DECLARE
    v_privileges text;
    v_grantee text;
BEGIN
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', to_id);
    FOR v_privileges, v_grantee IN
        SELECT
            string_agg(a.privilege_type, ', '),
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_class AS c
        CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.oid = from_id
        GROUP BY a.grantee
    LOOP
        EXECUTE format('GRANT %s ON %s TO %s', v_privileges, to_id, v_grantee);
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._copy_privileges(regclass, regclass) IS
$doc$Grant on the second view what is granted on the first one, to the same roles, and revoke what is granted to everyone otherwise.$doc$;

GRANT EXECUTE ON FUNCTION vecs._copy_privileges(regclass, regclass) TO PUBLIC;
