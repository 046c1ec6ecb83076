"""The public functions take bigint where they took integer, and some take more parameters.

CREATE OR REPLACE would leave the old signatures beside the new ones, and calls that fit both. They are dropped here;
the installation makes the new ones after the last revision. Only signatures of this package are named, and at this
point all functions of the schema belong to the role that installs or to a superuser (sql/install/prepare.sql).
"""

from alembic import op

revision = "0004"
down_revision = "0003"

_OPTIONS = "int4,jsonb,text,bool,bool,float8,int4,int4,text"
# With the names of types in pg_type: pgvector may be in any schema.
_SIGNATURES = f"""
    create_collection(text,int4,text,bool)
    create_metadata_index(text,text)
    create_metadata_index(text,_text)
    drop_metadata_index(text,text)
    drop_metadata_index(text,_text)
    explain(text,vector,{_OPTIONS})
    query(text,vector,{_OPTIONS})
    query_by_id(text,text,{_OPTIONS})
    query_many(text,_vector,{_OPTIONS})
    recall(text,int4,int4,jsonb,text,int4,int4)
    scan(text,jsonb,text,int4)
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
