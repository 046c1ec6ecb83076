"""The vecs client itself and ours on the same collections, in turns."""

from __future__ import annotations

import json
import subprocess
from textwrap import dedent
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

import vecs_sql
from bench import environments, peers
from tests.conftest import Databases
from vecs_sql import embedded


class Vecs:
    """Runs code in the environment of the vecs client, with a client of it on the database as `vx`."""

    def __init__(self, url: str) -> None:
        self._python = environments.python("vecs", peers.VECS_REQUIREMENTS)
        self._url = url

    def __call__(self, code: str) -> Any:  # noqa: ANN401 -- whatever the code calls `result`
        """Run code; returns what it leaves as `result`."""
        whole = (
            "import json, vecs, warnings\nwarnings.simplefilter('ignore')\n"
            f"vx = vecs.create_client({self._url!r})\nresult = None\n"
            f"{dedent(code)}\nprint(json.dumps(result))"
        )
        ended = subprocess.run(
            [self._python, "-c", whole], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def database(databases: Databases) -> str:
    """A database without our layer."""
    return databases.create()


@pytest.fixture(scope="module")
def theirs(server: embedded.Server, databases: Databases, database: str) -> Vecs:
    """The vecs client on it; its driver takes URLs only."""
    socket = psycopg.conninfo.conninfo_to_dict(server.url)["host"]
    url = make_url("postgresql+psycopg2://").set(
        username="owner", database=databases.name(database), query={"host": str(socket)}
    )
    return Vecs(url.render_as_string(hide_password=False))


def test_in_turns(theirs: Vecs, database: str) -> None:
    theirs("""
        docs = vx.get_or_create_collection("docs", dimension=3)
        docs.upsert([(f"v{n}", [1, n, 0], {"n": n, "tags": ["a"], "who": "vecs"}) for n in range(600)])
        docs.create_index()
        vx.get_or_create_collection("other", dimension=2)
    """)

    # Ours installs its layer beside the collections, which are there at once.
    with vecs_sql.create_client(database) as client:
        assert [c.name for c in client.list_collections()] == ["docs", "other"]
        docs = client.get_or_create_collection("docs")
        assert (docs.dimension, len(docs)) == (3, 600)
        assert docs.is_indexed_for_measure("cosine_distance")
        assert docs["v7"].vec.tolist() == [1, 7, 0]
        assert docs["v7"].metadata == {"n": 7, "tags": ["a"], "who": "vecs"}
        assert docs.query([1, 7, 0], limit=1) == ["v7"]
        assert docs.query([1, 0, 0], limit=3, filters={"n": {"$gte": 597}}) == [
            "v597", "v598", "v599",
        ]  # fmt: skip
        docs.upsert([("v7", [0, 0, 1], {"who": "ours"}), ("w", [0, 0, 1], {"who": "ours"})])
        assert docs.delete(filters={"n": {"$lt": 5}}) == [f"v{n}" for n in range(5)]
        docs.create_index("l2_distance")
        client.get_or_create_collection("made by ours", dimension=2).upsert([("a", [1, 2], {})])

    assert theirs("""
        docs = vx.get_or_create_collection("docs", dimension=3)
        [seven] = docs.fetch(["v7"])
        found = docs.query([0, 0, 1], limit=2, measure="l2_distance", include_value=True)
        ours = vx.get_or_create_collection("made by ours", dimension=2)
        filtered = docs.query([0, 0, 1], limit=9, filters={"who": {"$eq": "ours"}})
        result = [
            len(docs), list(map(float, seven.vec)), seven.metadata, sorted(map(list, found)), sorted(filtered),
            docs.is_indexed_for_measure("l2_distance"), docs.is_indexed_for_measure("cosine_distance"),
            sorted(c.name for c in vx.list_collections()), [row.id for row in ours.fetch(["a"])],
        ]
        docs.upsert([("x", [5, 5, 5], {"who": "vecs again"})])
        docs.delete(["w"])
        docs.create_index("cosine_distance")
        ours.create_index()
        ours.upsert([(f"b{n}", [n, 1], {}) for n in range(50)])
    """) == [
        596, [0, 0, 1], {"who": "ours"}, [["v7", 0.0], ["w", 0.0]], ["v7", "w"],
        True, False, ["docs", "made by ours", "other"], ["a"],
    ]  # fmt: skip

    with vecs_sql.create_client(database) as client:
        docs = client.get_or_create_collection("docs")
        assert (len(docs), [row.id for row in docs.fetch(["w", "x"])]) == (596, ["x"])
        assert docs.is_indexed_for_measure("cosine_distance")
        assert not docs.is_indexed_for_measure("l2_distance")
        assert docs.query([5, 5, 5], limit=1, include_metadata=True) == [
            ("x", {"who": "vecs again"})
        ]
        ours = client.get_or_create_collection("made by ours")
        assert ours.query([49, 1], limit=1) == ["b49"]
        assert ours.is_indexed_for_measure("cosine_distance")
        client.delete_collection("made by ours")

    assert theirs("result = sorted(c.name for c in vx.list_collections())") == ["docs", "other"]


def test_metadata_that_is_no_object(theirs: Vecs, database: str) -> None:
    theirs("""
        docs = vx.get_or_create_collection("odd", dimension=1)
        docs.upsert([("none", [1], None), ("list", [2], ["k"]), ("text", [3], "k")], skip_adapter=True)
    """)
    with vecs_sql.create_client(database) as client:
        docs = client.get_or_create_collection("odd")
        stored: dict[str, Any] = {row.id: row.metadata for row in docs.scan()}
        assert stored == {"list": ["k"], "none": None, "text": "k"}
        assert docs.count({"k": {"$exists": True}}) == 0
        docs.upsert([(row.id, row.vec, None) for row in docs.scan()])
        assert [row.metadata for row in docs.scan()] == [{}, {}, {}]
