"""The SQL layer as files that need no Python to be installed: for psql, CREATE EXTENSION and pg_tle."""

from __future__ import annotations

from vecs_sql._layer import registries, render
from vecs_sql._version import __version__

_COMMENT = "Vector search: collections, upsert and filtered nearest-neighbour search as functions"
_CONTROL = f"""\
comment = '{_COMMENT}'
default_version = '{__version__}'
requires = 'vector'
schema = 'vecs'
relocatable = false
superuser = false
"""
_TLE = "$_vecs_tle_$"


def files() -> dict[str, str]:
    """Return all files: path to content.

    `vecs--X.sql` and `vecs--A--X.sql` (from version A) are for psql, those below `extension/` for CREATE EXTENSION.
    Those below `pg_tle/` are run by psql where pg_tle is the only way to add an extension.
    """
    body = render.script(extension=True)
    found = {
        f"vecs--{__version__}.sql": render.script(),
        "extension/vecs.control": _CONTROL,
        f"extension/vecs--{__version__}.sql": _guarded(body, "CREATE EXTENSION vecs CASCADE"),
        f"pg_tle/vecs--{__version__}.sql": (
            f"BEGIN;\n{render.PIN};\nSELECT pgtle.install_extension(\n    'vecs', '{__version__}', '{_COMMENT}',\n"
            f"    {_TLE}\n{body}{_TLE},\n    ARRAY['vector'], 'vecs'\n);\nCOMMIT;\n"
        ),
    }
    for since in registries.releases():
        name = f"vecs--{since}--{__version__}.sql"
        found |= {
            name: render.script(since=since),
            f"extension/{name}": _guarded(body, "ALTER EXTENSION vecs UPDATE"),
            f"pg_tle/{name}": (
                f"BEGIN;\n{render.PIN};\nSELECT pgtle.install_update_path(\n"
                f"    'vecs', '{since}', '{__version__}',\n    {_TLE}\n{body}{_TLE}\n);\n"
                f"SELECT pgtle.set_default_version('vecs', '{__version__}');\nCOMMIT;\n"
            ),
        }
    return found


def _guarded(body: str, statement: str) -> str:
    return f'\\echo Use "{statement}" to run this file. \\quit\n\n{body}'
