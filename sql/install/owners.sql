-- No function of the schema belongs to another role, which could change it later, under those who
-- call it. Looked at before the installation, and at its end for what came in between.

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
            -- Of a superuser's, those of other names stay: pgvector may be in the schema.
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
                'It would stay in that role''s hands. Where it is not needed: DROP ROUTINE %s; '
                'Where it is, let it belong to the role that installs.',
                v_function
            );
    END IF;
END
$install$;
