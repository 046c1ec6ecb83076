"""Alembic's environment: `alembic upgrade head` installs or upgrades the SQL layer whole, in one transaction.

The database is named by `alembic -x url=...` or by the environment variable VECS_SQL_URL.
"""

from __future__ import annotations

import os

from alembic import context

from vecs_sql._layer.alembic import migrate_offline, migrate_online

if context.is_offline_mode():
    migrate_offline()
else:
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("VECS_SQL_URL")
    if not url:
        raise SystemExit("no database is named\nHint: alembic -x url=postgresql://... upgrade head")
    migrate_online(url)
