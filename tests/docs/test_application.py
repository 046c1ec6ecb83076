"""docs/application.md: its programs and statements, one after the other, print what stands there."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
from typing import TYPE_CHECKING, Any

from tests.docs.test_sql_guide import _DOCS, unaligned

if TYPE_CHECKING:
    from tests.conftest import Databases
    from vecs_sql import embedded

BLOCKS = re.findall(
    r"^```(python|sql)\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?",
    (_DOCS / "application.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


def test_the_application(server: embedded.Server, databases: Databases, database: str) -> None:
    with databases.admin() as admin:
        admin.execute("GRANT reader TO owner")
    names: dict[str, Any] = {}
    assert len(BLOCKS) > 10
    try:
        for language, block, printed in BLOCKS:
            if language == "python":
                said = io.StringIO()
                with contextlib.redirect_stdout(said):
                    exec(block.replace("create_client()", f"create_client({database!r})"), names)
                assert said.getvalue() == printed
                continue
            # The role is that of the tests, who may not create one.
            block = block.replace("CREATE ROLE webapp;\n", "").replace("webapp", "reader")
            ended = subprocess.run(
                [server.bin / "psql", database, "-X", "-q", "-v", "ON_ERROR_STOP=1"],
                input=block,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, ended.stdout
            if printed:
                assert unaligned(ended.stdout) == unaligned(printed)
    finally:
        names["vx"].disconnect()
        with databases.admin() as admin:
            admin.execute("REVOKE reader FROM owner")
