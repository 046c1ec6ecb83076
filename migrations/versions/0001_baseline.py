"""The baseline: nothing to change.

Every installation makes the schema, its version table (sql/install/prepare.sql) and the functions (sql/api,
sql/internal). Collections that the vecs client made need no change.
"""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Change nothing."""
