"""create_collection takes one more parameter, `shards`: its old signature is dropped.

CREATE OR REPLACE would leave it beside the new one, and calls that fit both.
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Drop the function of this signature."""
    op.execute('DROP FUNCTION IF EXISTS vecs."create_collection"(text, bigint, text, boolean)')
