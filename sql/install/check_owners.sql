-- Check that no function of the schema belongs to another role, which could replace it later. This
-- runs before the installation, and at its end again for what was created in the meantime.

SET LOCAL search_path = pg_catalog, pg_temp;

DO $install$
DECLARE
    v_function regprocedure;
    v_owner text;
BEGIN
    SELECT p.oid, r.rolname INTO v_function, v_owner
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_roles AS r ON r.oid = p.proowner
    WHERE n.nspname = 'vecs'
        AND (
            NOT (r.rolsuper OR r.rolname = current_user)
            -- A superuser's functions with other names stay: pgvector may be in the schema.
            OR NOT pg_has_role(r.oid, 'USAGE')
                AND p.proname = ANY ('{ {{- names | join(",") -}} }')
        )
    ORDER BY p.proname
    LIMIT 1;

    IF v_function IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format(
                'the function %s belongs to role "%s", not to "%s"',
                v_function, v_owner, current_user
            ),
            HINT = format(
                'That role could change it at any time. If it is not needed: DROP ROUTINE %1$s; '
                'otherwise: ALTER ROUTINE %1$s OWNER TO %2$I;',
                v_function, current_user
            );
    END IF;
END
$install$;
