"""Texts, and the documents that they come from, in the metadata of the rows that an adapter makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from vecs_sql._protocol.arguments import row_id
from vecs_sql._protocol.metadata import HINTS, check_object, unstorable
from vecs_sql.exc import ArgError

# id, media, metadata
_Record = tuple[str, Any, dict[str, Any]]

# Of skip_unchanged.
_RESERVED = ("_vecs_hash",)


class Step(Protocol):
    """A step of an adapter, as far as it is used here."""

    @property
    def exported_dimension(self) -> int | None:
        """The dimension of the vectors that the step returns; None if it returns no vectors."""

    def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterable[Any]:  # noqa: ANN401
        """Return the adapted records."""


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
    the document, is known to come from that record: steps pass metadata on, or add to it.

    Attributes:
        before: The steps of the head; all, if it is not known which one embeds.
        after: The steps of the tail.
    """

    def __init__(self, steps: Sequence[Step], keys: Keys) -> None:
        self._keys = keys
        embeds = (getattr(step, "_embeds", step.exported_dimension is not None) for step in steps)
        end = next((number for number, does in enumerate(embeds) if does), len(steps))
        self.before, self.after = list(steps[:end]), list(steps[end:])
        self._splits = keys.document is not None and any(hasattr(s, "split") for s in self.before)
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

    def embed(self, records: Iterable[Any], adapter_context: Any) -> list[_Record]:  # noqa: ANN401
        """Embed texts that have passed the head before, as those under the adapter's text_key have."""
        for step in self.after or self.before:
            records = step(records, adapter_context)
        return list(records)

    def _begin(self, records: Iterable[Any]) -> Iterator[_Record]:
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

    def _with_texts(self, records: Iterable[Any]) -> Iterator[_Record]:
        """Yield records with their texts in the metadata; media that is no text leaves them as they are."""
        key = self._keys.text
        for id_, media, metadata in records:
            if key is not None and isinstance(media, str):
                metadata = {**(metadata or {}), key: media}
            yield id_, media, metadata

    def _end(self, records: Iterable[Any]) -> Iterator[_Record]:
        """Yield records with texts and positions in the metadata, before the time that embedding takes."""
        keys = self._keys
        record, position = None, 0
        for id_, media, metadata in self._checked(self._with_texts(records)):
            if self._splits and isinstance(media, str) and not media.strip():
                continue  # a blank chunk says nothing, and a document without text has no chunk
            if keys.position is not None:
                of = metadata.get(keys.position)
                record, position = of, 0 if of != record else position + 1
                metadata = {**metadata, keys.position: position}
            text = None if keys.text is None else (metadata or {}).get(keys.text)
            if isinstance(text, str) and (what := unstorable(text)) is not None:
                raise ArgError(
                    f'the text of id "{id_}" cannot be stored',
                    detail=f"It has {what}.",
                    hint=HINTS[what],
                )
            self._all_have_texts &= text is not None
            yield id_, media, metadata

    def _checked(self, records: Iterable[Any], *, have_texts: bool = False) -> Iterator[_Record]:
        keys = [key for key in (self._keys.document, self._keys.position) if key is not None]
        text = self._keys.text
        for id_, media, metadata in records:
            texts = [text] if text is not None and have_texts and self._all_have_texts else []
            for key in [*keys, *texts]:
                if key not in (metadata or {}):
                    raise ArgError(
                        f'a step of the adapter has dropped the key "{key}" from the metadata of id "{id_}"',
                        hint='A step passes metadata on, and may add to it: {**metadata, "lang": "en"}.',
                    )
            yield id_, media, metadata
