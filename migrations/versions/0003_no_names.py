"""Private functions that run what they are given lose the names of their parameters.

CREATE OR REPLACE can not change those. As in 0002, they are dropped, and made again after the last revision.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

_NAMES = """
    _build_index _check_rows _explain_step _raise_bad_vector _search_index _search_many
"""


def upgrade() -> None:
    """Drop the private functions that there were until here, whatever their parameters."""
    names = ",".join(_NAMES.split())
    op.execute(
        f"""
        DO $drop$
        DECLARE
            v_function oid;
        BEGIN
            FOR v_function IN
                SELECT p.oid
                FROM pg_catalog.pg_proc AS p
                JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                WHERE n.nspname = 'vecs' AND p.proname = ANY ('{{{names}}}')
            LOOP
                EXECUTE concat('DROP FUNCTION ', CAST(v_function AS regprocedure));
            END LOOP;
        END
        $drop$
        """
    )
