"""Upserts that skip texts which are in the collection unchanged, and need not be embedded again."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import os
import reprlib
import types
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from vecs_sql import exc
from vecs_sql._ingest.batch import Batch
from vecs_sql._ingest.records import fields
from vecs_sql._protocol.metadata import to_json
from vecs_sql.adapter import Adapter, AdapterContext
from vecs_sql.adapter._documents import Keys, Pipeline

# The key of the metadata that holds the hash of a row's text and of its model.
KEY = "_vecs_hash"


class Sifted(NamedTuple):
    """The rows of a batch to write.

    Attributes:
        changed: The records to embed, because their text or model differs.
        relabelled: The ids and metadata of rows in which only the metadata differs.
    """

    changed: list[tuple[str, Any, dict[str, Any]]]
    relabelled: dict[str, dict[str, Any]]


class Unchanged:
    """Finds the texts that have changed, by hashes in the metadata.

    The steps of the adapter before the one that embeds, such as chunkers, run for all texts: the hash is that of a
    chunk, and of the steps from the embedding on.

    Raises:
        exc.ArgError: No step of the adapter is known to embed, or its model cannot be identified.
    """

    def __init__(self, adapter: object) -> None:
        pipeline = (
            Pipeline(adapter.steps, Keys.of(adapter)) if isinstance(adapter, Adapter) else None
        )
        if pipeline is None or not pipeline.after:
            raise exc.ArgError(
                "skip_unchanged needs an adapter with a step that embeds",
                hint="TextEmbedding is one, and so is each step that has an exported_dimension.",
            )
        self._pipeline = pipeline
        step = pipeline.after[0]
        if _model_name(step) is None:
            raise exc.ArgError(
                "skip_unchanged cannot tell the model from others",
                detail=f"It is {reprlib.repr(getattr(step, 'model', step))}.",
                hint='Name it: TextEmbedding(..., model_name="..."), or an attribute model_name of the model or step.',
            )
        self._model = json.dumps([_identity(step) for step in pipeline.after]).encode()
        # The hashes of the ids that were written: the database has not yet the first text of an id that comes twice.
        self._written: set[int] = set()

    def head(self, records: Iterable[Any]) -> Iterable[Any]:
        """Return the records as they reach the step that embeds."""
        return self._pipeline.head(map(fields, records), AdapterContext.upsert)

    def tail(self, records: Iterable[Any]) -> list[Any]:
        """Embed records."""
        return list(self._pipeline.tail(records, AdapterContext.upsert))

    def sift(self, batch: Batch, stored: Mapping[str, dict[str, Any]]) -> Sifted:
        """Select the rows of a batch that differ from those in the database.

        Args:
            batch: With texts instead of vectors.
            stored: The metadata of the rows in the database, by id.
        """
        changed: list[tuple[str, Any, dict[str, Any]]] = []
        relabelled: dict[str, dict[str, Any]] = {}
        for id_, text, metadata in zip(batch.ids, batch.vectors, batch.metadata, strict=True):
            hashed = {**(metadata or {}), KEY: self._hash(id_, text)}
            there = stored.get(id_, {})
            if hash(id_) in self._written or there.get(KEY) != hashed[KEY]:
                changed.append((id_, text, hashed))
            elif there == json.loads(to_json(hashed, f'the metadata of id "{id_}"')):
                continue
            else:
                relabelled[id_] = hashed
            self._written.add(hash(id_))
        return Sifted(changed, relabelled)

    def _hash(self, id_: str, text: object) -> str:
        if not isinstance(text, (str, bytes)):
            raise exc.ArgError(
                f'the media of id "{id_}" is not a text: {reprlib.repr(text)}',
                hint="skip_unchanged compares texts, or bytes.",
            )
        kind, encoded = (
            (b"s", text.encode(errors="surrogatepass")) if isinstance(text, str) else (b"b", text)
        )
        return hashlib.blake2b(kind + encoded, key=_key(self._model), digest_size=16).hexdigest()


def _key(model: bytes) -> bytes:
    return hashlib.blake2b(model, digest_size=32).digest()


def model_name(adapter: object) -> str | None:
    """Return what identifies the model of an adapter; None if nothing does."""
    steps = adapter.steps if isinstance(adapter, Adapter) else [adapter]
    names = [_model_name(step) for step in steps]
    return None if None in names else ", ".join(map(str, names))


def _identity(step: object) -> list[object]:
    """Return what identifies a step that embeds, or one after it."""
    return [_qualified(type(step)), _model_name(step), getattr(step, "exported_dimension", None)]


def _model_name(step: object) -> str | None:
    return _said(step) or _name(getattr(step, "model", None))


def _said(model: object) -> str | None:
    """Return the name that a model, or a client of one, has as an attribute; sentence-transformers has a model card."""
    said = [getattr(model, name, None) for name in ("model_name", "model_id", "name_or_path")]
    said += [
        getattr(getattr(model, "model_card_data", None), "base_model", None),
        getattr(model, "model", None),
    ]
    return next((str(name) for name in said if isinstance(name, (str, os.PathLike)) and name), None)


def _name(model: Any) -> str | None:  # noqa: ANN401
    """Return what identifies a model; None if nothing does."""
    if isinstance(model, (str, os.PathLike)):
        return str(model)
    if said := _said(model):
        return f"{_qualified(model)} {said}"
    if isinstance(model, functools.partial):
        return _partial_name(model)
    owner = getattr(model, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):  # a bound method
        name = _name(owner)
        return name and f"{name} {model.__name__}"
    if not hasattr(model, "__qualname__") or model.__name__ == "<lambda>" or _is_closure(model):
        return None
    return _qualified(model)


def _partial_name(model: functools.partial[Any]) -> str | None:
    """Return the name of a function with its bound arguments, one of which may be the model's name."""
    try:
        bound = json.dumps([model.args, model.keywords], default=_bound_name, sort_keys=True)
    except (TypeError, ValueError):
        return None
    name = _name(model.func)
    if name is None and _said(types.SimpleNamespace(**model.keywords)):
        name = _qualified(model.func)
    return name and f"{name} {bound}"


def _bound_name(value: object) -> str:
    name = _name(value)
    if name is None:
        raise TypeError
    return name


def _is_closure(function: Any) -> bool:  # noqa: ANN401
    """Whether a function was made within another with values of that one, so that its name does not identify it."""
    function = inspect.unwrap(function)
    parts = ("__closure__", "__defaults__", "__kwdefaults__")
    return "<locals>" in function.__qualname__ and any(
        getattr(function, part, None) for part in parts
    )


def _qualified(thing: Any) -> str:  # noqa: ANN401
    """Return the qualified name of a class or function, or of the class of another object."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{named.__module__}.{named.__qualname__}"
