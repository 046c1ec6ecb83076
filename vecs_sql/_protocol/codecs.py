"""Dumpers and loaders of psycopg for the parameters and results of calls, in binary.

A vector is sent without naming its type, so that the server takes it as the type of the function's parameter, in
whatever schema pgvector lives. The format is that of pgvector's vector_recv: int16 dimensions, int16 unused, float32
each, big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import psycopg
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.pq import Format
from psycopg.types.string import StrDumperUnknown

from vecs_sql._protocol.vectors import Vector


class VectorParameter:
    """A vector to send in binary."""

    __slots__ = ("values",)

    def __init__(self, values: Vector) -> None:
        self.values = values


class VectorsParameter:
    """A matrix to send as an array of vectors in binary.

    Attributes:
        matrix: The vectors, one per row.
        oid: That of the type vector in the database; `AsyncSession.call` sets it.
    """

    __slots__ = ("matrix", "oid")

    def __init__(self, matrix: Vector, oid: int = 0) -> None:
        self.matrix = matrix
        self.oid = oid


class IdsParameter:
    """Ids, at least one, to send as an array of text in binary: five times as fast as a list by psycopg."""

    __slots__ = ("ids",)

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = ids


class _VectorDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: VectorParameter) -> Buffer:
        return struct.pack(">HH", len(obj.values), 0) + obj.values.astype(">f4").tobytes()


class _VectorsDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: VectorsParameter) -> Buffer:
        rows, dimension = obj.matrix.shape
        header = _array_header(obj.oid, rows)
        # Filled in place, which saves copying a megabyte.
        buffer = bytearray(len(header) + rows * (8 + 4 * dimension))
        buffer[: len(header)] = header
        elements = np.frombuffer(
            buffer,
            dtype=[
                ("length", ">i4"),
                ("dimension", ">u2"),
                ("unused", ">u2"),
                ("values", ">f4", (dimension,)),
            ],
            offset=len(header),
        )
        elements["length"] = 4 + 4 * dimension
        elements["dimension"] = dimension
        elements["values"] = obj.matrix
        return buffer


class _IdsDumper(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["text"].array_oid

    def dump(self, obj: IdsParameter) -> Buffer:
        encoding = self.connection.info.encoding if self.connection else "utf-8"
        encoded = [id_.encode(encoding) for id_ in obj.ids]
        parts = [_array_header(psycopg.adapters.types["text"].oid, len(encoded))]
        for id_ in encoded:
            parts += (len(id_).to_bytes(4, "big"), id_)
        return b"".join(parts)


def _array_header(oid: int, length: int) -> bytes:
    """Return the header that array_recv reads: dimensions, null flag, element oid, length, lower bound."""
    return struct.pack(">iiIii", 1, 0, oid, length, 1)


class _JsonLoader(Loader):
    """Loads jsonb as text. `metadata.decode` decodes the texts of many rows at once."""

    format = Format.BINARY

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        self._encoding = self.connection.info.encoding if self.connection else "utf-8"

    def load(self, data: Buffer) -> str:
        return str(data, self._encoding)[1:]  # after the version number


def register(adapters: AdaptersMap) -> None:
    """Register these parameters and loaders on a cursor."""
    adapters.register_dumper(VectorParameter, _VectorDumper)
    adapters.register_dumper(VectorsParameter, _VectorsDumper)
    adapters.register_dumper(IdsParameter, _IdsDumper)
    # Without a type, as psycopg does unless the caller's connection is configured otherwise.
    adapters.register_dumper(str, StrDumperUnknown)
    adapters.register_loader("jsonb", _JsonLoader)
