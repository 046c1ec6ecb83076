"""The types of results, and the mistakes that mypy finds in programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import vecs_sql as vecs
from typing_extensions import assert_type

def search(docs: vecs.Collection) -> None:
    assert_type(docs.query([1, 2]), list[str])
    rows = docs.query([1, 2], include_value=True)
    assert_type(rows, list[vecs.QueryRow])
    print(rows[0].distance, rows[0].metadata["year"])
    print(rows[0].distnce)  # attr-defined
    assert_type(docs.query_many([[1, 2]]), list[list[str]])
    assert_type(docs.query_by_id("a", include_metadata=True), list[vecs.QueryRow])
    assert_type(docs.text_query("words"), list[str])
    assert_type(docs.hybrid_query("words", include_value=True), list[vecs.QueryRow])
    assert_type(docs.query_mmr([1, 2], include_vector=True), list[vecs.QueryRow])
    assert_type(docs.query_by_ids(["a"], ["b"]), list[str])
    assert_type(docs.query_groups([1, 2], "year"), list[vecs.Group])
    assert_type(docs.facet("year")[0].rows, int)
    docs.text_query("words", match="some")  # call-overload
    docs.hybrid_query("words", fusion="sum")  # call-overload
    docs.query_mmr([1, 2], skip=3)  # call-overload
    docs.query([1, 2], measure="cosine")  # call-overload
    docs.query([1, 2], strategy="indexed")  # call-overload
    docs.query([1, 2], probs=3)  # call-overload
    docs.update_metadata({}, ids=["a"], mode="merged")  # arg-type
    docs.create_index("l2_distance", "hsnw")  # arg-type
    docs.create_metadata_index("year", kind="number")  # arg-type
    docs.client.delete_collection("docs")
    assert_type(docs.describe()["rows"], object)  # assert-type

async def search_async(docs: vecs.AsyncCollection) -> None:
    assert_type(await docs.query([1, 2]), list[str])
    rows = await docs.query([1, 2], include_vector=True)
    print(rows[0].vec.shape, rows[0].distnce)  # attr-defined
    assert_type(await docs.text_query("words"), list[str])
"""


def test_mypy(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context",
         "--cache-dir", str(tmp_path / "cache"), str(program)],
        capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    found = {
        (int(line.split(":")[1]), line.rsplit("[", 1)[1].rstrip("]"))
        for line in ended.stdout.splitlines()
        if ": error: " in line
    }
    lines = enumerate(PROGRAM.splitlines(), 1)
    expected = {(number, line.split("# ")[1]) for number, line in lines if "  # " in line}
    assert found == expected, ended.stdout + ended.stderr
