"""The workflows, issue forms, citation, Compose file and constraints are valid."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
FILES = {
    "github-workflows": sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    "dependabot": [ROOT / ".github" / "dependabot.yml"],
    "github-issue-config": [path for path in FORMS if path.stem == "config"],
    "github-issue-forms": [path for path in FORMS if path.stem != "config"],
    "citation-file-format": [ROOT / "CITATION.cff"],
    "compose-spec": [ROOT / "docker-compose.yml"],
}


def checked(schema: str, files: list[Path]) -> str | None:
    """Return what is wrong with the files, or None."""
    arguments = [f"--builtin-schema=vendor.{schema}", *map(str, files)]
    ended = CliRunner().invoke(check_jsonschema.main, arguments)
    return None if ended.exit_code == 0 else ended.output


@pytest.mark.parametrize("schema", FILES)
def test_schema(schema: str, tmp_path: Path) -> None:
    assert FILES[schema]
    assert checked(schema, FILES[schema]) is None
    wrong = tmp_path / FILES[schema][0].name
    wrong.write_text("unknown: 1\n")
    assert "unknown" in (checked(schema, [wrong]) or "")


def test_workflows_are_secure() -> None:
    """By zizmor: least privileges, actions pinned by commit, no template injection."""
    program = Path(sys.executable).with_name("zizmor")
    ended = subprocess.run(
        [program, "--offline", "--quiet", "--min-severity=medium", ROOT / ".github"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_workflows_call_what_there_is() -> None:
    """A target of the Makefile, or .ci/run with one."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {
        target
        for path in FILES["github-workflows"]
        for words in re.findall(r"run: make ([a-z -]+)|target: \[?([a-z-]+)", path.read_text())
        for target in " ".join(words).split()
    }
    assert {"test", "test-fast", "dist", "sql"} <= called
    assert called - targets == set()


def test_constraints_hold_all_that_is_named() -> None:
    """`make constraints` was run since a requirement changed."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [project["dependencies"], *project["optional-dependencies"].values()]
    pins = [
        Requirement(line)
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    missing = []
    for requirement in map(Requirement, [text for texts in named for text in texts]):
        versions = [
            next(iter(pin.specifier)).version
            for pin in pins
            if pin.name.replace("_", "-") == requirement.name.lower().replace("_", "-")
        ]
        if requirement.name != project["name"] and not (
            versions and all(requirement.specifier.contains(version) for version in versions)
        ):
            missing.append(str(requirement))
    assert missing == []
