"""The searches take one more parameter, `skip`, and create_index two, `if_not_exists` and `filters`.

CREATE OR REPLACE would leave the old signatures beside the new ones, and calls that fit both. They are dropped here;
the installation makes the new ones after the last revision. At this point all functions of the schema belong to the
role that installs or to a superuser (sql/install/prepare.sql).

Development versions had revisions of the numbers between.
"""

from alembic import op

revision = "0006"
down_revision = "0001"

_OPTIONS = "int8,jsonb,text,bool,bool,float8,int8,int8,text"
# With the names of types in pg_type: pgvector may be in any schema.
_SIGNATURES = f"""
    create_index(text,text,text,jsonb,bool)
    explain(text,vector,{_OPTIONS})
    explain(character_data,halfvec,{_OPTIONS})
    explain_text(text,vector,{_OPTIONS})
    explain_text(character_data,halfvec,{_OPTIONS})
    query(text,vector,{_OPTIONS})
    query(character_data,halfvec,{_OPTIONS})
    query_by_id(text,text,{_OPTIONS})
    query_many(text,_vector,{_OPTIONS})
    query_many(character_data,_halfvec,{_OPTIONS})
"""


def upgrade() -> None:
    """Drop the public functions of these signatures."""
    signatures = ", ".join(f"'{signature}'" for signature in _SIGNATURES.split())
    op.execute(
        f"""
        DO $drop$
        DECLARE
            v_function regprocedure;
            v_dependents text;
        BEGIN
            FOR v_function IN
                SELECT p.oid
                FROM pg_catalog.pg_proc AS p
                JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                WHERE n.nspname = 'vecs'
                    AND concat(
                        p.proname, '(',
                        (
                            SELECT string_agg(t.typname, ',' ORDER BY a.position)
                            FROM unnest(CAST(p.proargtypes AS oid[]))
                                WITH ORDINALITY AS a (type, position)
                            JOIN pg_catalog.pg_type AS t ON t.oid = a.type
                        ),
                        ')'
                    ) = ANY (ARRAY[{signatures}])
            LOOP
                BEGIN
                    EXECUTE concat('DROP FUNCTION ', v_function);
                EXCEPTION
                    WHEN dependent_objects_still_exist THEN
                        GET STACKED DIAGNOSTICS v_dependents = PG_EXCEPTION_DETAIL;
                        RAISE EXCEPTION USING
                            ERRCODE = 'dependent_objects_still_exist',
                            MESSAGE = concat(
                                'the parameters of ', v_function, ' change, and it is in use'
                            ),
                            DETAIL = v_dependents,
                            HINT = 'Drop what depends on it, upgrade, and make that again.';
                END;
            END LOOP;
        END
        $drop$
        """
    )
