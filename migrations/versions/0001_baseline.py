"""The baseline: nothing to change.

The schema, its version table and the functions are made by every installation (sql/install/prepare.sql, sql/internal,
sql/api), and collections that the vecs client made need no change.
"""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Change nothing."""
