-- Between the last revision and the functions: private functions that are there no more, or have
-- another signature, go (CREATE OR REPLACE cannot change names, defaults and results). Those that
-- stay the same are not touched, since an index may depend on one.

DO $install$
DECLARE
    v_function regprocedure;
    v_dependents text;
BEGIN
    FOR v_function IN
        SELECT p.oid
        FROM pg_proc AS p
        JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'vecs'
            AND starts_with(p.proname, '_')
            AND NOT EXISTS (
                SELECT
                FROM pg_depend AS d
                WHERE d.classid = 'pg_proc'::regclass
                    AND d.objid = p.oid
                    AND d.deptype = 'e'
                    AND d.refobjid <> (SELECT e.oid FROM pg_extension AS e WHERE e.extname = 'vecs')
            )
            AND concat(
                p.proname, '(',
                (
                    SELECT string_agg(
                        concat_ws(
                            ' ',
                            CASE coalesce(p.proargmodes[a.position], 'i')
                                WHEN 'o' THEN 'OUT' WHEN 't' THEN 'TABLE' WHEN 'i' THEN 'IN'
                            END,
                            nullif(p.proargnames[a.position], ''),
                            y.typname
                        ),
                        ', ' ORDER BY a.position
                    )
                    FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]))
                        WITH ORDINALITY AS a (type, position)
                    JOIN pg_type AS y ON y.oid = a.type
                ),
                ') ', p.pronargdefaults, CASE WHEN p.proretset THEN ' SETOF' END,
                ' ', (SELECT y.typname FROM pg_type AS y WHERE y.oid = p.prorettype)
            ) <> ALL (ARRAY[
                --% for signature in signatures
                '{{ signature }}'{{ "," if not loop.last }}
                --% endfor
            ])
    LOOP
        BEGIN
            EXECUTE format('DROP ROUTINE %s', v_function);
        EXCEPTION
            WHEN dependent_objects_still_exist THEN
                GET STACKED DIAGNOSTICS v_dependents = PG_EXCEPTION_DETAIL;
                RAISE EXCEPTION USING
                    ERRCODE = 'dependent_objects_still_exist',
                    MESSAGE = format(
                        'the private function %s goes with this version, and is in use', v_function
                    ),
                    DETAIL = v_dependents,
                    HINT = 'Drop what depends on it, then install again.';
        END;
    END LOOP;

    -- The schema of pgvector, whichever it is, for the types in signatures; no name of a function
    -- or operator is looked up from here on.
    PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', n.nspname), true)
    FROM pg_extension AS e
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'vector';
END
$install$;
