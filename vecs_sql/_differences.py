"""Where the sync and the async client differ by more than an `await`: tools/async_to_sync.py swaps the names."""

from __future__ import annotations

import asyncio
import threading
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import NoReturn, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


# Work that takes its time (embedding, starting a server), off the event loop where there is one


def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same as calling it: who waits has a thread already."""
    return function(*args, **kwargs)


async def async_in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function returns, called in another thread."""
    return await asyncio.to_thread(function, *args, **kwargs)


# A lock that its owner may take again

Turn = threading.RLock


class AsyncTurn:
    """A lock of the tasks of an event loop, which its owner may take again."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[object] | None = None
        self._depth = 0

    async def __aenter__(self) -> None:
        if self._owner is not asyncio.current_task():
            await self._lock.acquire()
            self._owner = asyncio.current_task()
        self._depth += 1

    async def __aexit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._lock.release()


# What connections belong to


def world() -> object:
    """Nothing: any thread may use them."""
    return None


def async_world() -> asyncio.AbstractEventLoop:
    """The event loop that runs: no other may use them."""
    return asyncio.get_running_loop()


# When a client connects


class Opening:
    """A client that connects when it is made."""

    @abstractmethod
    def connect(self) -> None:
        """Connect."""

    def _open(self) -> None:
        self.connect()


class AsyncOpening:
    """A client that connects when it is first used: making it can not wait."""

    @abstractmethod
    def connect(self) -> Awaitable[None]:
        """Connect."""

    def _open(self) -> None:
        pass


# len()


class Counted:
    """A collection with a length."""

    @abstractmethod
    def count(self) -> int:
        """How many rows there are."""

    def __len__(self) -> int:
        """How many rows there are, counted exactly (vecs.count_rows)."""
        return self.count()


class AsyncCounted:
    """A collection whose rows must be waited for to be counted."""

    def __bool__(self) -> bool:
        """True, though there is no length: it is there."""
        return True

    def __len__(self) -> NoReturn:
        """Raise TypeError: len() can not wait."""
        raise TypeError("len() can not wait for the database: use `await collection.count()`")
