-- Drop private functions that this version does not have, or has with another signature: CREATE OR
-- REPLACE cannot change parameter names, defaults and results. Others stay, since an index may
-- depend on one. This runs between the last revision and the functions.

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
                        'the private function %s is dropped by this version, but is in use',
                        v_function
                    ),
                    DETAIL = v_dependents,
                    HINT = 'Drop what depends on it, then install again.';
        END;
    END LOOP;

    -- Find the types in signatures in pgvector's schema. From here on no name of a function or an
    -- operator is looked up.
    PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', n.nspname), true)
    FROM pg_extension AS e
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'vector';
END
$install$;
