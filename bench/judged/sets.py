"""Texts and queries of which it is known which texts answer them.

glosses: the 25,000 entries of examples/glosses without their example sentences, and the 480 queries beside them.
faq, faq_swedish: the 503 answers of the Swedish Construction FAQ by Zaragoza AB (CC BY 4.0), which the PyPI package
zaragoza-construction-faq carries in both languages, and its questions as queries.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import environments
from bench.dataset import Record
from bench.prepare import embed, made
from vecs_sql.adapter._models import MiniLM
from vecs_sql.cli import glosses as _glosses

_ROOT = Path(__file__).parents[2]
_JUDGED = _ROOT / "examples" / "glosses" / "judged.jsonl"
_FAQ = "zaragoza-construction-faq==1.2.1"

# An example sentence; the end of a few lacks its quotation mark.
_SENTENCE = re.compile(r'"[^"]*(?:"|$)')


@dataclass(frozen=True)
class Query:
    """A query, and the ids of the texts that answer it."""

    kind: str
    text: str
    ids: frozenset[str]


@dataclass(frozen=True)
class Judged:
    """A set of texts with queries; the i-th id, text and vector belong together, and the i-th query and its vector.

    Attributes:
        name: The collection's name, too.
        language: Of texts and queries, by PostgreSQL's name.
    """

    name: str
    language: str
    ids: list[str]
    texts: list[str]
    vectors: npt.NDArray[np.float32]
    queries: list[Query]
    asked: npt.NDArray[np.float32]

    @cached_property
    def places(self) -> dict[str, int]:
        """The positions of the rows by their ids."""
        return {id_: number for number, id_ in enumerate(self.ids)}

    @property
    def kinds(self) -> list[str]:
        return list(dict.fromkeys(query.kind for query in self.queries))


def glosses() -> Judged:
    """Return the glosses without their example sentences, which are embedded anew the first time."""
    found, texts, was_cut = _read_glosses()
    folder = made("judged", lambda folder: _embed_cut(texts, was_cut, folder))
    vectors = found.vectors.copy()
    vectors[was_cut] = np.load(folder / "cut.npy")
    queries, asked = judged_queries()
    return Judged("glosses", "english", found.ids, texts, vectors, queries, asked)


def few_glosses(rows: int, queries: int) -> Judged:
    """Return some glosses, with vectors of the whole texts, and the answers to some of the queries."""
    found, texts, _ = _read_glosses()
    all_queries, asked = judged_queries()
    chosen = np.linspace(0, len(all_queries) - 1, queries).astype(int)
    wanted = frozenset[str]().union(*(all_queries[number].ids for number in chosen))
    answers = {position for position, id_ in enumerate(found.ids) if id_ in wanted}
    positions = sorted(answers.union(range(rows)))
    return Judged(
        "glosses",
        "english",
        [found.ids[position] for position in positions],
        [texts[position] for position in positions],
        found.vectors[positions],
        [all_queries[number] for number in chosen],
        asked[chosen],
    )


def judged_queries() -> tuple[list[Query], npt.NDArray[np.float32]]:
    """Return the queries of the glosses and their vectors."""
    with _JUDGED.open(encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    queries = [Query(one["kind"], one["text"], frozenset(one["ids"])) for one in read]
    return queries, np.load(_JUDGED.with_suffix(".npy")).astype(np.float32)


def faq() -> Judged:
    """Return the questions and answers in English."""
    return _faq("faq", "english", "faq-en.json")


def faq_swedish() -> Judged:
    """Return the questions and answers in Swedish, which the model that embeds them has not learnt."""
    return _faq("faq_swedish", "swedish", "faq.json")


SETS: dict[str, Callable[[], Judged]] = {
    "glosses": glosses,
    "faq": faq,
    "faq_swedish": faq_swedish,
}


def _faq(name: str, language: str, file: str) -> Judged:
    folder = made("judged-faq", _read_faq)
    rows: list[Record] = json.loads((folder / file).read_text(encoding="utf-8"))["questions"]
    vectors = np.load((folder / file).with_suffix(".npy")).astype(np.float32)
    queries = [Query("question", row["q"], frozenset([row["id"]])) for row in rows]
    return Judged(
        name,
        language,
        [row["id"] for row in rows],
        [row["a"] for row in rows],
        vectors[: len(rows)],
        queries,
        vectors[len(rows) :],
    )


def _read_faq(folder: Path) -> None:
    """Copy the files of the package, and embed their answers and questions."""
    interpreter = environments.python("faq", (_FAQ,))
    model = MiniLM()
    for file in ("faq.json", "faq-en.json"):
        (source,) = interpreter.parents[1].rglob(f"zaragoza_construction_faq/data/{file}")
        text = source.read_text(encoding="utf-8")
        rows: list[Record] = json.loads(text)["questions"]
        vectors = model.encode([*(row["a"] for row in rows), *(row["q"] for row in rows)])
        np.save((folder / file).with_suffix(".npy"), vectors)
        (folder / file).write_text(text, encoding="utf-8")


def _read_glosses() -> tuple[_glosses.Glosses, list[str], npt.NDArray[np.bool_]]:
    """Return the glosses, their texts without example sentences, and which of them had some."""
    found = _glosses.load()
    whole = [row["text"] for row in found.metadata]
    texts = [_cut(text) for text in whole]
    was_cut = np.array([text != before for text, before in zip(texts, whole, strict=True)])
    return found, texts, was_cut


def _cut(text: str) -> str:
    """Return a gloss without its example sentences."""
    if '"' not in text:
        return text
    parts = (part.strip(" ;") for part in _SENTENCE.split(text))
    return "; ".join(part for part in parts if part)


def _embed_cut(texts: list[str], was_cut: npt.NDArray[np.bool_], folder: Path) -> None:
    some = [text for text, cut in zip(texts, was_cut, strict=True) if cut]
    np.save(folder / "cut.npy", embed(some, folder / "chunks").astype(np.float16))
    shutil.rmtree(folder / "chunks")
