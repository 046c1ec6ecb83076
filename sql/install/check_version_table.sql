-- Check that the version table is plain: no code of others runs when it is read or written.

DO $install$
DECLARE
    v_table oid := (
        SELECT c.oid
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'vecs' AND c.relname = '_migration'
    );
    v_found text := (
        SELECT f.found
        FROM (
            SELECT 'is not a table' FROM pg_class AS c WHERE c.oid = v_table AND c.relkind <> 'r'
            UNION ALL
            SELECT format('has the trigger "%s"', t.tgname)
            FROM pg_trigger AS t
            WHERE t.tgrelid = v_table
            UNION ALL
            SELECT format('has the rule "%s"', r.rulename)
            FROM pg_rewrite AS r
            WHERE r.ev_class = v_table
            UNION ALL
            SELECT format('has the policy "%s"', p.polname)
            FROM pg_policy AS p
            WHERE p.polrelid = v_table
            UNION ALL
            SELECT format('has the constraint "%s"', c.conname)
            FROM pg_constraint AS c
            WHERE c.conrelid = v_table AND c.contype NOT IN ('p', 'n')
            UNION ALL
            SELECT format('has the index "%s"', i.indexrelid::regclass)
            FROM pg_index AS i
            WHERE i.indrelid = v_table AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
            UNION ALL
            SELECT format('has the column "%s" of type %s', a.attname, a.atttypid::regtype)
            FROM pg_attribute AS a
            WHERE a.attrelid = v_table
                AND a.attnum > 0
                AND NOT a.attisdropped
                AND (
                    a.attname <> 'version_num'
                    OR a.atttypid <> 'varchar'::regtype
                    OR a.atthasdef
                )
            UNION ALL
            SELECT format('inherits from or to %s', h.inhrelid::regclass)
            FROM pg_inherits AS h
            WHERE v_table IN (h.inhrelid, h.inhparent)
        ) AS f (found)
        LIMIT 1
    );
BEGIN
    IF v_found IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('vecs._migration %s, which is not of this package', v_found),
            HINT = 'Remove it, or drop vecs._migration, which the next installation creates again.';
    END IF;
END
$install$;
