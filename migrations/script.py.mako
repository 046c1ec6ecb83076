"""${message}.

A revision holds what must happen once: drops of old signatures, changes to existing collections. Functions do not belong
here: they live in sql/ and are applied whole after the last revision. It never calls a function of the schema, and never
reads the database from Python. Once released it is frozen.
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Upgrade."""
    ${upgrades if upgrades else "op.execute(...)"}
