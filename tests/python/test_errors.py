"""The text of exceptions, as a log line or an HTTP answer has it, and warnings."""

from __future__ import annotations

import asyncio
import copy
import pickle
import traceback
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import vecs_sql as vecs
from vecs_sql import exc

CASES: list[tuple[str, Callable[[Any], Any], type[Exception]]] = [
    (
        'unknown operator "$gtee" at "year.$gtee". Did you mean "$gte"?',
        lambda docs: docs.query([1, 2, 3], filters={"year": {"$gtee": 1}}),
        exc.FilterError,
    ),
    (
        'unknown operator "$nix" at "$and[1].a.$nix". ',
        lambda docs: docs.count({"$and": [{"b": 1}, {"a": {"$nix": 1}}]}),
        exc.FilterError,
    ),
    (
        "argument to $in filter must be a list: ",
        lambda docs: docs.delete(filters={"year": {"$in": 1}}),
        exc.FilterError,
    ),
    (
        "$and/$or filters must have associated list of conditions: ",
        lambda docs: list(docs.scan({"$or": 1})),
        exc.FilterError,
    ),
    (
        "filters must be a dict: not 'year'. Pass a dict such as ",
        lambda docs: docs.query([1, 2, 3], filters="year"),
        exc.FilterError,
    ),
    (
        "*filters* keys must be strings: not 5. ",
        lambda docs: docs.query([1, 2, 3], filters={5: 1}),
        exc.FilterError,
    ),
    (
        "limit must be <= 1000: not 1001. create_client(..., max_limit=None) lifts the cap.",
        lambda docs: docs.query([1, 2, 3], 1001),
        exc.ArgError,
    ),
    (
        "Invalid index measure: 'cos'. The measures are cosine_distance, ",
        lambda docs: docs.query([1, 2, 3], measure="cos"),
        exc.ArgError,
    ),
    (
        "max_distance must be a number: not 'x'",
        lambda docs: docs.query([1, 2, 3], max_distance="x"),
        exc.ArgError,
    ),
    (
        "max_distance must be a number: not [1]",
        lambda docs: docs.query_by_id("a", max_distance=[1]),
        exc.ArgError,
    ),
    (
        "ids must be a list of strings: not 'abc'. ",
        lambda docs: docs.fetch("abc"),
        exc.ArgError,
    ),
    (
        'the vector of id "b" has 2 dimensions, not 3. It belongs to record 2. All vectors of a collection ',
        lambda docs: docs.upsert([("a", [1, 2, 3], {}), ("b", [1, 2], {})]),
        exc.MismatchedDimension,
    ),
    (
        'collection "docs" does not exist. ',
        lambda docs: (docs.client.delete_collection("docs"), len(docs)),
        exc.CollectionNotFound,
    ),
]


@pytest.mark.parametrize(("text", "call", "kind"), CASES, ids=[text for text, *_ in CASES])
def test_what_it_says(
    database: str, text: str, call: Callable[[Any], Any], kind: type[exc.VecsException]
) -> None:
    with vecs.create_client(database) as client:
        docs = client.get_or_create_collection("docs", dimension=3)
        with pytest.raises(kind) as caught:
            call(docs)
    error = caught.value
    assert str(error).startswith(text)
    assert error.hint is None or str(error).endswith(error.hint)
    for part in (error.message, error.detail, error.hint):
        assert part is None or str(error).count(part) == 1
    # A traceback has it once, too.
    shown = "".join(traceback.format_exception_only(error))
    assert shown == f"{kind.__module__}.{kind.__name__}: {error}\n"


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
@pytest.mark.parametrize("name", exc.__all__)
def test_copies(name: str, copied: Callable[[Any], Any]) -> None:
    error = getattr(exc, name)("what happened", detail="It was this.", hint="Do that.")
    error.sqlstate = "VS999"
    again = copied(error)
    assert type(again) is type(error)
    for found in (error, again):
        assert str(found) == "what happened. It was this. Do that."
        assert (found.message, found.detail, found.hint, found.sqlstate) == (
            "what happened", "It was this.", "Do that.", "VS999",
        )  # fmt: skip
        assert found.args == ("what happened",)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("a",), "a"),
        (("a", None, "B."), "a. B."),
        (("a", "b", None), "a: b"),
        (("a.", "B", "C."), "a. B. C."),
        (("unknown", 'unknown "x"', "Look."), 'unknown "x". Look.'),
        (("", "B."), "B."),
        (("is it?", None, "Yes."), "is it? Yes."),
    ],
)
def test_one_sentence_after_the_other(parts: tuple[str, ...], text: str) -> None:
    message, detail, hint = (*parts, None, None)[:3]
    assert str(exc.ArgError(message or "", detail=detail, hint=hint)) == text


# Limits


@pytest.mark.parametrize(
    "bad", [None, "3", "", b"3", [3], True, np.True_, float("nan"), float("inf"), np.str_("3"), 1j]
)
def test_limits_that_are_none(client: vecs.Client, docs: vecs.Collection, bad: Any) -> None:  # noqa: ANN401
    docs.upsert([("a", [1, 2, 3], {})])
    for call in (
        lambda: docs.query([1, 2, 3], limit=bad),
        lambda: docs.query_many([[1, 2, 3]], limit=bad),
        lambda: docs.query_by_id("a", limit=bad),
        lambda: docs.explain([1, 2, 3], limit=bad),
    ):
        with pytest.raises(exc.ArgError, match="limit must be a number, not "):
            call()


@pytest.mark.parametrize(
    "limit",
    [2, 2.5, 2.0, np.int8(2), np.uint64(2), np.float32(2.7), Decimal("2.5"), Fraction(5, 2)],
)
def test_limits_of_other_types(docs: vecs.Collection, limit: Any) -> None:  # noqa: ANN401
    docs.upsert([(id_, [1, 2, 3], {}) for id_ in "abc"])
    docs.create_index()
    assert docs.query([1, 2, 3], limit=limit) == ["a", "b"]


# Warnings


def test_a_key_that_looks_like_an_operator(database: str) -> None:
    """The notice of the server's is a warning, where the caller stands, of each call with a filter."""
    says = (
        'filter has a key "gte" at "size.gte". Did you mean "$gte"?'
        ' Without the "$" it is a key of the metadata.'
    )
    with vecs.create_client(database) as client:
        docs = client.get_or_create_collection("docs", dimension=3)
        for call in (
            lambda: docs.count({"size": {"gte": 3}}),
            lambda: docs.delete(filters={"size": {"gte": 3}}),
            lambda: docs.query([1, 2, 3], filters={"size": {"gte": 3}}),
            lambda: docs.query_many([[1, 2, 3]] * 3, filters={"size": {"gte": 3}}),
            lambda: docs.explain([1, 2, 3], filters={"size": {"gte": 3}}),
            lambda: docs.update_metadata({}, filters={"size": {"gte": 3}}),
        ):
            with pytest.warns(UserWarning, match="Did you mean") as warned:
                call()
            assert [str(warning.message) for warning in warned] == [says]
            assert warned[0].filename == __file__

        async def main() -> None:
            async with vecs.create_async_client(database) as other:
                again = await other.get_or_create_collection("docs")
                with warnings.catch_warnings(record=True) as warned:
                    warnings.simplefilter("always")
                    await again.count({"size": {"gte": 3}})
                assert [(str(w.message), w.filename) for w in warned] == [(says, __file__)]

        asyncio.run(main())
