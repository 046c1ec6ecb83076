"""Texts, and the documents that they come from, in the metadata of the rows that an adapter makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from vecs_sql._protocol.arguments import row_id
from vecs_sql._protocol.metadata import HINTS, check_object, unstorable
from vecs_sql.exc import ArgError

if TYPE_CHECKING:
    from vecs_sql.adapter.base import Adapter, AdapterStep, Record

# Of skip_unchanged.
_RESERVED = ("_vecs_hash",)


class Keys(NamedTuple):
    """The keys of the metadata that an adapter writes; None for what it does not write.

    Attributes:
        text: The key of the text that was embedded.
        document: The key of the id of the document.
        position: The key of the position in the document.
    """

    text: str | None
    document: str | None
    position: str | None

    @classmethod
    def of(cls, adapter: object) -> Keys:
        """Return the keys of an adapter, or of something that can be called like one."""
        document = getattr(adapter, "document_key", None)
        position = None if document is None else getattr(adapter, "position_key", None)
        return cls(getattr(adapter, "text_key", None), document, position)

    def check(self) -> None:
        """Check the keys that a user has named.

        Raises:
            ArgError: One is no key, or two are the same.
        """
        named = {f"{name}_key": key for name, key in self._asdict().items() if key is not None}
        for name, key in named.items():
            if not isinstance(key, str):
                raise ArgError(
                    f"{name} must be a string, not {key!r}",
                    hint='It is a key of the metadata, such as "text".',
                )
            if key == "":
                raise ArgError(
                    f"{name} must not be empty", hint="None leaves it out of the metadata."
                )
            if (what := unstorable(key)) is not None:
                raise ArgError(
                    f"{name} {key!r} cannot be stored", detail=f"It has {what}.", hint=HINTS[what]
                )
            if key.startswith("$"):
                raise ArgError(
                    f'{name} must not begin with a $, like "{key}"',
                    hint="A filter takes such a key for an operator.",
                )
            if key in _RESERVED:
                raise ArgError(f'{name} must not be "{key}", the key of skip_unchanged')
        if len(set(named.values())) < len(named):
            raise ArgError(
                f"{' and '.join(_same(named))} are the same key",
                hint="The text, the document and the position need a key each.",
            )


def _same(named: dict[str, str]) -> list[str]:
    """Return the names of the keys that another one is equal to."""
    keys = list(named.values())
    return [name for name, key in named.items() if keys.count(key) > 1]


class Pipeline:
    """The steps of an adapter in two parts: the head, which ends before the step that embeds, and the tail.

    The head also writes the adapter's keys into the metadata. What follows one record of a caller, and has the key of
    the document, is known to come from that record: steps pass metadata on, or add to them.

    Attributes:
        embedding: The number of the step that embeds; None if it is not known.
        before: The steps of the head; all, if it is not known which one embeds.
        after: The steps of the tail.
    """

    def __init__(self, adapter: Adapter) -> None:
        self._keys = Keys.of(adapter)
        self.embedding = embedding_step(adapter.steps)
        end = len(adapter.steps) if self.embedding is None else self.embedding
        self.before, self.after = list(adapter.steps[:end]), list(adapter.steps[end:])
        self._all_have_texts = True

    def head(self, records: Iterable[Any], adapter_context: Any) -> Iterable[Any]:  # noqa: ANN401
        """Return records as they reach the step that embeds."""
        keeps = any(self._keys) and adapter_context == "upsert"
        if keeps:
            records = self._begin(records)
        for step in self.before:
            records = step(self._with_texts(records) if keeps else records, adapter_context)
        return self._end(records) if keeps else records

    def tail(self, records: Iterable[Any], adapter_context: Any) -> Iterable[Any]:  # noqa: ANN401
        """Return records of the head as they leave the last step."""
        for step in self.after:
            records = step(records, adapter_context)
        keeps = any(self._keys) and adapter_context == "upsert"
        return self._checked(records, have_texts=True) if keeps else records

    def embed(self, records: Iterable[Any], adapter_context: Any) -> list[Record]:  # noqa: ANN401
        """Embed texts that have passed the head before, as those under the adapter's text_key have."""
        for step in self.after or self.before:
            records = step(records, adapter_context)
        return list(records)

    def _begin(self, records: Iterable[Any]) -> Iterator[Record]:
        """Yield the caller's records with the document in the metadata.

        Under the key of the position is the number of the record, until the chunks are counted: the same document may
        come twice.
        """
        names = {
            self._keys.text: ("text_key", "text"),
            self._keys.document: ("document_key", "document"),
            self._keys.position: ("position_key", "position"),
        }
        names.pop(None, None)
        for number, (id_, media, metadata) in enumerate(records):
            check_object(metadata, id_)
            metadata = dict(metadata or {})
            for key in names.keys() & metadata.keys():
                name, what = names[key]
                raise ArgError(
                    f'the metadata of id "{id_}" has the key "{key}", under which the adapter keeps the {what}',
                    hint=f"Leave it out, or give the adapter another {name}.",
                )
            if self._keys.document is not None:
                metadata[self._keys.document] = row_id(id_)
            if self._keys.position is not None:
                metadata[self._keys.position] = number
            yield id_, media, metadata

    def _with_texts(self, records: Iterable[Any]) -> Iterator[Record]:
        """Yield records with their texts in the metadata; media that is no text leaves them as they are."""
        key = self._keys.text
        for id_, media, metadata in records:
            if key is None or not isinstance(media, str):
                yield id_, media, metadata
                continue
            if (what := unstorable(media)) is not None:
                raise ArgError(
                    f'the text of id "{id_}" cannot be stored',
                    detail=f"It has {what}.",
                    hint=HINTS[what],
                )
            yield id_, media, {**(metadata or {}), key: media}

    def _end(self, records: Iterable[Any]) -> Iterator[Record]:
        """Yield records with texts and positions in the metadata."""
        key = self._keys.position
        record, position = None, 0
        for id_, media, metadata in self._checked(self._with_texts(records)):
            if key is not None:
                of = metadata.get(key)
                record, position = of, 0 if of != record else position + 1
                metadata = {**metadata, key: position}
            self._all_have_texts &= self._keys.text in metadata
            yield id_, media, metadata

    def _checked(self, records: Iterable[Any], *, have_texts: bool = False) -> Iterator[Record]:
        keys = [key for key in (self._keys.document, self._keys.position) if key is not None]
        text = self._keys.text
        for id_, media, metadata in records:
            texts = [text] if text is not None and have_texts and self._all_have_texts else []
            for key in [*keys, *texts]:
                if key not in (metadata or {}):
                    raise ArgError(
                        f'a step of the adapter has dropped the key "{key}" from the metadata of id "{id_}"',
                        hint='A step passes metadata on, and may add to them: {**metadata, "lang": "en"}.',
                    )
            yield id_, media, metadata


def embedding_step(steps: Sequence[AdapterStep]) -> int | None:
    """Return the number, from 0, of the first step that is known to embed; None if there is none."""
    for number, step in enumerate(steps):
        if getattr(step, "_embeds", step.exported_dimension is not None):
            return number
    return None
