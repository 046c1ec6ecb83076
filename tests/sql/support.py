"""Helpers of the tests of the SQL layer: short calls, expected errors, one walk through every function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Connection = psycopg.Connection[tuple[Any, ...]]
Row = tuple[Any, ...]

MEASURES = {
    "cosine_distance": ("<=>", "cosine"),
    "l2_distance": ("<->", "l2"),
    "max_inner_product": ("<#>", "ip"),
    "l1_distance": ("<+>", "l1"),
}

ODD_NAMES = [
    "Odd Name",
    "it's",
    'a"b',
    '"quoted"',
    "%s",
    "%I",
    "%",
    "; DROP TABLE x; --",
    "'); DROP SCHEMA vecs CASCADE; --",
    "/* comment",
    "a.b.c",
    "vecs.a",
    "select",
    "pg_class",
    "vecs",
    "UPPER",
    " ",
    " a ",
    "line\nbreak",
    "back\\slash",
    "$$",
    "$fn$",
    "$1",
    ":name",
    "{}",
    "[1,2]",
    "1",
    "🐘🙂",
    "größe",
    "коллекция",
    "x" * 63,
    "é" * 31 + "x",
    "🐘" * 15 + "abc",
]


def rows(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
    """All rows that a statement gives."""
    return connection.execute(statement, parameters or None).fetchall()


def column(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """The first value of each row that a statement gives."""
    return [row[0] for row in connection.execute(statement, parameters or None)]


def value(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> Any:  # noqa: ANN401
    """The one value that a statement gives."""
    ((only,),) = connection.execute(statement, parameters or None).fetchall()
    return only


def refused(
    connection: Connection, sqlstate: str, statement: str, parameters: Sequence[Any] = ()
) -> psycopg.errors.Diagnostic:
    """Return the diagnostics of a statement that fails with this SQLSTATE and leaves nothing behind.

    Errors of class VS must have a message in PostgreSQL's style, a hint, and little context.
    """
    with pytest.raises(psycopg.Error) as caught, connection.transaction():
        connection.execute(statement, parameters or None).fetchall()
    said = caught.value.diag
    assert said.sqlstate == sqlstate, f"{said.sqlstate}: {said.message_primary}"
    if sqlstate.startswith("VS"):
        message, hint = said.message_primary or "", said.message_hint or ""
        assert message
        assert not message[0].isupper()
        assert not message.endswith(".")
        assert hint
        assert hint[0].isupper() or hint.startswith(("vecs.", "ids "))
        assert hint.endswith(".")
        assert len((said.context or "").splitlines()) <= 2, said.context
    return said


def vector(numbers: Iterable[float]) -> str:
    """The text of a vector."""
    return str([float(number) for number in numbers]).replace(" ", "")


def fill(
    connection: Connection,
    name: str,
    vectors: Iterable[Sequence[float]],
    metadata: Iterable[dict[str, Any]] | None = None,
) -> list[str]:
    """Upsert vectors under the ids r00000, r00001, ...; returns the ids."""
    texts = [vector(numbers) for numbers in vectors]
    ids = [f"r{number:05}" for number in range(len(texts))]
    connection.execute(
        "SELECT vecs.upsert_many(%s, %s, %s, %s)",
        [name, ids, texts, None if metadata is None else Jsonb(list(metadata))],
    )
    return ids


def settings(connection: Connection) -> dict[str, str]:
    """Every setting that the session knows, with its value."""
    return dict(rows(connection, "SELECT s.name, s.setting FROM pg_catalog.pg_settings AS s"))


class Notice(NamedTuple):
    """A notice; psycopg's own is empty once its handler returns."""

    sqlstate: str
    severity: str
    message: str
    hint: str


def watch(connection: Connection) -> list[Notice]:
    """A list that collects the notices of the connection from now on."""
    notices: list[Notice] = []

    def keep(said: psycopg.errors.Diagnostic) -> None:
        fields = (said.sqlstate, said.severity, said.message_primary, said.message_hint)
        notices.append(Notice(*(field or "" for field in fields)))

    connection.add_notice_handler(keep)
    return notices


def walk(connection: Connection, name: str, element_type: str = "vector") -> None:
    """Make a collection of this name, see every function do its work on it, and drop it."""
    create = "SELECT vecs.create_collection(%s, 3, %s)"
    assert value(connection, create, [name, element_type]) is True
    refused(connection, "VS003", create, [name, element_type])
    walk_existing(connection, name, element_type)
    assert value(connection, "SELECT vecs.drop_collection(%s)", [name]) is True
    refused(connection, "VS002", "SELECT vecs.drop_collection(%s)", [name])


def walk_existing(connection: Connection, name: str, element_type: str = "vector") -> None:
    """See every function do its work on an empty collection of three dimensions."""
    assert (
        value(connection, "SELECT vecs.create_collection(%s, 3, %s, true)", [name, element_type])
        is False
    )
    assert (name, 3, element_type, 0) in rows(
        connection,
        "SELECT name, dimension, element_type, approximate_count FROM vecs.list_collections()",
    )
    assert value(connection, "SELECT vecs.version()")
    _write(connection, name)
    _read(connection, name)
    _search(connection, name)
    _index(connection, name, element_type)
    _index_metadata(connection, name)
    _search_text(connection, name)
    _update(connection, name)
    _delete(connection, name)


def _write(connection: Connection, name: str) -> None:
    records = [
        {"id": "a", "vec": [1, 0, 0], "metadata": {"kind": "it's", "n": 1}},
        {"id": name, "vec": "[0,1,0]", "metadata": {"kind": name, "k" + name: name, "n": 2}},
    ]
    assert value(connection, "SELECT vecs.upsert(%s, %s)", [name, Jsonb(records)]) == 2
    assert value(connection, "SELECT vecs.upsert(%s, 'b', '[0,0,1]')", [name]) == 1
    assert (
        value(connection, "SELECT vecs.upsert(%s, 'a', '[1,0,0]', %s)", [name, Jsonb({"n": 3})])
        == 1
    )
    many = [name, ["c", "d"], ["[1,1,0]", "[1,1,1]"], Jsonb([{"tags": [name, "x"]}, None])]
    assert value(connection, "SELECT vecs.upsert_many(%s, %s, %s, %s)", many) == 2


def _read(connection: Connection, name: str) -> None:
    assert rows(
        connection, "SELECT * FROM vecs.fetch(%s, %s)", [name, ["c", "nothing", name, "a"]]
    ) == [
        ("c", "[1,1,0]", {"tags": [name, "x"]}),
        (name, "[0,1,0]", {"kind": name, "k" + name: name, "n": 2}),
        ("a", "[1,0,0]", {"n": 3}),
    ]
    assert value(connection, "SELECT vecs.count_rows(%s)", [name]) == 5
    page = "SELECT id FROM vecs.scan(%s, after => %s, page_size => 4)"
    ids = column(connection, page, [name, None])
    ids += column(connection, page, [name, ids[-1]])
    assert sorted(ids) == sorted(["a", "b", "c", "d", name])
    for condition in (
        name,
        {"$in": [name]},
        {"$ne": "x"},
        {"$startswith": name},
        {"$exists": True},
    ):
        filters = Jsonb({"k" + name: condition})
        assert value(connection, "SELECT vecs.count_rows(%s, %s)", [name, filters]) == 1
        assert column(connection, "SELECT id FROM vecs.scan(%s, %s)", [name, filters]) == [name]
        matches = "SELECT vecs.matches(f.metadata, %s) FROM vecs.fetch(%s, %s) AS f"
        assert column(connection, matches, [filters, name, [name, "a"]]) == [True, False]
    assert column(connection, "SELECT id FROM vecs.query(%s, '[1,0.5,0.1]')", [name]) == [
        "c", "a", "d", name, "b",
    ]  # fmt: skip
    for condition, text in (({}, "true"), ({"k": name}, "metadata")):
        predicate = value(connection, "SELECT vecs.filter_sql(%s)", [Jsonb(condition)])
        assert predicate.startswith(text)
    found = "SELECT id, metadata FROM vecs.query(%s, '[1,0,0]', 1, %s)"
    assert rows(connection, found, [name, Jsonb({"tags": {"$contains": name}})]) == [
        ("c", {"tags": [name, "x"]})
    ]


def _search(connection: Connection, name: str) -> None:
    """By every function that searches; rows by their ids."""
    near = ["c", "a", "d", name, "b"]
    kind = Jsonb({"kind": {"$gte": name, "$lte": name}})
    many = "SELECT query_no, id FROM vecs.query_many(%s, %s, 2, %s)"
    vectors = ["[1,0.5,0.1]", "[0,1,0.1]"]
    assert rows(connection, many, [name, vectors, None])[:2] == [(1, "c"), (1, "a")]
    assert rows(connection, many, [name, vectors, kind]) == [(1, name), (2, name)]
    by_id = "SELECT id FROM vecs.query_by_id(%s, %s, 4, %s)"
    assert column(connection, by_id, [name, "a", Jsonb({})])[0] == "c"
    assert sorted([*column(connection, by_id, [name, name, None]), name]) == sorted(near)
    assert column(connection, by_id, [name, "a", kind]) == [name]
    assert column(connection, by_id, [name, name, kind]) == []
    by_ids = "SELECT id FROM vecs.query_by_ids(%s, %s, %s, 4, %s)"
    assert column(connection, by_ids, [name, ["a"], ["b"], None])[0] == "c"
    assert column(connection, by_ids, [name, ["a", name], [], kind]) == []
    groups = "SELECT group_value, id FROM vecs.query_groups(%s, '[1,0.5,0.1]', %s)"
    assert rows(connection, groups, [name, "k" + name]) == [(name, name)]
    assert rows(connection, "SELECT * FROM vecs.facet(%s, %s)", [name, "k" + name]) == [(name, 1)]
    mmr = "SELECT id FROM vecs.query_mmr(%s, '[1,0.5,0.1]', filters => %s)"
    assert sorted(column(connection, mmr, [name, None])) == sorted(near)
    assert column(connection, mmr, [name, kind]) == [name]
    explain = "SELECT vecs.explain(%s, '[1,0.5,0.1]', 10, %s)"
    explained = value(connection, explain, [name, kind])
    assert (explained["rows"], explained["matching_rows"]) == (1, 1)
    assert value(connection, explain, [name, None])["rows"] == 5
    (recalled,) = rows(connection, "SELECT * FROM vecs.recall(%s, 9, 2)", [name])
    assert (recalled[0], recalled[3]) == (1, 5)


def _index_metadata(connection: Connection, name: str) -> None:
    """On a key, and on a path of keys, both with the name in them."""
    filters = Jsonb({"k" + name: {"$gte": name}})
    count = "SELECT vecs.count_rows(%s, %s)"
    for argument, key in (("%s", "k" + name), ("path => %s", ["k" + name, name])):
        create = f"SELECT vecs.create_metadata_index(%s, {argument})"
        drop = f"SELECT vecs.drop_metadata_index(%s, {argument})"
        index = value(connection, create, [name, key])
        described = value(connection, "SELECT vecs.describe_collection(%s)", [name])
        assert index in [one["name"] for one in described["metadata_indexes"]]
        assert value(connection, create, [name, key]) == index
        assert value(connection, count, [name, filters]) == 1
        _search(connection, name)
        assert value(connection, drop, [name, key]) is True
        assert value(connection, drop, [name, key]) is False


def _search_text(connection: Connection, name: str) -> None:
    """Under a key of that name, and for words of that name."""
    update = "SELECT vecs.update_metadata(%s, %s, '{b}', mode => %s)"
    assert value(connection, update, [name, Jsonb({name: f"two foxes {name}"}), None]) == 1
    index = value(connection, "SELECT vecs.create_text_index(%s, %s)", [name, name])
    assert value(connection, "SELECT vecs.create_text_index(%s, %s)", [name, name]) == index
    text = "SELECT id FROM vecs.text_query(%s, %s, 10, %s, %s)"
    for sought, match in (("fox", None), (f"{name} fox", "any"), (f"{name} fox", "all")):
        assert column(connection, text, [name, sought, None, match]) == ["b"]
        assert column(connection, text, [name, sought, Jsonb({"kind": name}), match]) == []
    hybrid = "SELECT id FROM vecs.hybrid_query(%s, '[1,0.5,0.1]', %s, filters => %s)"
    assert column(connection, hybrid, [name, f"fox {name}", None])[:2] == ["b", "c"]
    assert len(column(connection, hybrid, [name, name, Jsonb({"kind": name})])) == 1
    assert value(connection, "SELECT vecs.drop_text_index(%s)", [name]) is True
    assert value(connection, "SELECT vecs.drop_text_index(%s)", [name]) is False
    assert value(connection, update, [name, Jsonb([name]), "remove"]) == 1


def _index(connection: Connection, name: str, element_type: str) -> None:
    index = value(connection, "SELECT vecs.create_index(%s)", [name])
    lists = value(
        connection,
        "SELECT vecs.create_index(%s, 'l2_distance', 'ivfflat', '{\"lists\": 2}')",
        [name],
    )
    assert value(connection, "SELECT vecs.has_index(%s, 'cosine_distance')", [name]) is True
    described = value(connection, "SELECT vecs.describe_collection(%s)", [name])
    assert described["name"] == name
    assert described["element_type"] == element_type
    assert [i["name"] for i in described["vector_indexes"]] == sorted([index, lists])
    for measure in ("cosine_distance", "l2_distance"):
        assert (
            len(rows(connection, "SELECT vecs.query(%s, '[0,1,0]', 9, '{}', %s)", [name, measure]))
            == 5
        )
    _search(connection, name)
    assert value(connection, "SELECT vecs.drop_index(%s, 'l2_distance')", [name]) == lists
    assert column(connection, "SELECT vecs.drop_index(%s)", [name]) == [index]
    assert value(connection, "SELECT vecs.has_index(%s, 'cosine_distance')", [name]) is False


def _update(connection: Connection, name: str) -> None:
    before = rows(connection, "SELECT * FROM vecs.fetch(%s, %s)", [name, [name]])
    update = "SELECT vecs.update_metadata(%s, %s, %s, mode => %s)"
    assert value(connection, update, [name, Jsonb({"'" + name: name}), [name, "no"], None]) == 1
    by_filter = "SELECT vecs.update_metadata(%s, %s, filters => %s, mode => 'remove')"
    filters = Jsonb({"'" + name: name})
    assert value(connection, "SELECT vecs.count_rows(%s, %s)", [name, filters]) == 1
    assert value(connection, by_filter, [name, Jsonb(["'" + name]), filters]) == 1
    assert rows(connection, "SELECT * FROM vecs.fetch(%s, %s)", [name, [name]]) == before
    assert value(connection, update, [name, Jsonb({"": name}), ["d"], "replace"]) == 1
    metadata = "SELECT metadata FROM vecs.fetch(%s, '{d}')"
    assert value(connection, metadata, [name]) == {"": name}


def _delete(connection: Connection, name: str) -> None:
    assert value(connection, "SELECT vecs.delete(%s, %s)", [name, [name, "nothing"]]) == name
    by_filter = "SELECT vecs.delete(%s, filters => %s)"
    assert value(connection, by_filter, [name, Jsonb({"tags": {"$contains": name}})]) == "c"
    assert value(connection, "SELECT vecs.count_rows(%s)", [name]) == 3
    connection.execute("SELECT vecs.truncate_collection(%s)", [name])
    assert value(connection, "SELECT vecs.count_rows(%s)", [name]) == 0
