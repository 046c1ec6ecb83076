-- _reembed_policies: write the statements that create the policies of a table on another one.
-- An expression may name the table itself, so they are written before the table is renamed, and run
-- after another has taken its name.

CREATE OR REPLACE FUNCTION vecs._reembed_policies(
    table_id regclass
)
RETURNS text[]
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    SELECT ARRAY(
        SELECT format(
            'CREATE POLICY %s ON %%s AS %s FOR %s TO %s%s%s',
            replace(quote_ident(p.polname), '%', '%%'),
            CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE p.polcmd
                WHEN 'r' THEN 'SELECT'
                WHEN 'a' THEN 'INSERT'
                WHEN 'w' THEN 'UPDATE'
                WHEN 'd' THEN 'DELETE'
                ELSE 'ALL'
            END,
            (
                SELECT string_agg(
                    CASE r.role
                        WHEN 0 THEN 'PUBLIC'
                        ELSE replace(quote_ident(pg_get_userbyid(r.role)), '%', '%%')
                    END,
                    ', '
                )
                FROM unnest(p.polroles) AS r (role)
            ),
            replace(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '%', '%%'),
            replace(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '%', '%%')
        )
        FROM pg_policy AS p
        WHERE p.polrelid = _reembed_policies.table_id
        ORDER BY p.polname
    );
$fn$;

COMMENT ON FUNCTION vecs._reembed_policies(regclass) IS
$doc$Return a CREATE POLICY for each policy of a table, as a format for format(), with %s in place of the table's name.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_policies(regclass) TO PUBLIC;
