"""Where the sync and the async client differ by more than an `await`: tools/async_to_sync.py swaps the names."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from abc import abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, NoReturn, ParamSpec, TypeVar

import psycopg
from psycopg import capabilities
from psycopg_pool import PoolTimeout

from vecs_sql import exc
from vecs_sql._waiting import Deadline, TimeIsUp

P = ParamSpec("P")
T = TypeVar("T")

# As psycopg_pool has it.
_TIMEOUT_SECONDS = 30.0


# Work that takes its time (embedding, starting a server), off the event loop where there is one


def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same as calling it: who waits has a thread already."""
    return function(*args, **kwargs)


async def async_in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function returns, called in another thread."""
    return await asyncio.to_thread(function, *args, **kwargs)


# How long something may take


def within(seconds: float | None, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a function returns, such as a connection, or give up; then it is closed when it comes.

    Raises:
        TimeIsUp: It takes longer.
    """
    if seconds is None:
        return function(*args, **kwargs)
    made: concurrent.futures.Future[T] = concurrent.futures.Future()

    def make() -> None:
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            if made.set_running_or_notify_cancel():
                made.set_exception(error)
            return
        if made.set_running_or_notify_cancel():
            made.set_result(result)
        elif hasattr(result, "close"):
            result.close()

    threading.Thread(target=make, daemon=True).start()
    try:
        concurrent.futures.wait([made], seconds)
        if made.cancel():
            raise TimeIsUp
    except BaseException:  # Ctrl-C, or whatever else the handler of a signal raises
        made.cancel()
        raise
    return made.result()


async def async_within(
    seconds: float | None,
    function: Callable[P, Coroutine[Any, Any, T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Await a function, unless it takes longer.

    Raises:
        TimeIsUp: It takes longer.
    """
    if seconds is None:
        return await function(*args, **kwargs)
    try:
        return await asyncio.wait_for(function(*args, **kwargs), seconds)
    except asyncio.TimeoutError as error:
        raise TimeIsUp from error


def cancel(connection: psycopg.Connection[Any], seconds: float) -> None:
    """Ask the server to cancel what a connection waits for; it may not answer."""
    with suppress(psycopg.Error, TimeIsUp):
        if capabilities.has_cancel_safe():
            connection.cancel_safe(timeout=seconds)
        else:  # an old libpq, which would wait as long as it takes
            within(seconds, connection.cancel)


async def async_cancel(connection: psycopg.AsyncConnection[Any], seconds: float) -> None:
    """Cancel the call while others go on; whoever is cancelled again meanwhile asks the server again."""
    end, interruption = Deadline(seconds), None
    while True:
        try:
            with suppress(psycopg.Error, asyncio.TimeoutError):
                await asyncio.wait_for(connection.cancel_safe(timeout=seconds), end.left)
            break
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        raise interruption


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
            if self._owner is not None:
                async_check_left(self._owner.get_loop())
            await self._lock.acquire()
            self._owner = asyncio.current_task()
        self._depth += 1

    async def __aexit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._lock.release()


# What connections belong to


def world() -> int:
    """The process: any thread of it may use them, and none that was forked from it."""
    return os.getpid()


def async_world() -> asyncio.AbstractEventLoop:
    """The event loop that runs: no other may use them."""
    return asyncio.get_running_loop()


def check_left(world: object) -> None:
    """Nothing: what a process has left, nobody uses."""


def async_check_left(world: object) -> None:
    """Look whether another event loop, which still runs, may be using what is its own: it would never wake us.

    Raises:
        exc.ArgError: It does.
    """
    if (
        isinstance(world, asyncio.AbstractEventLoop)
        and world is not asyncio.get_running_loop()
        and world.is_running()
    ):
        raise exc.ArgError(
            "the client is in use in another event loop",
            hint="Make a client for each event loop that runs at the same time.",
        )


# Who waits for a connection


class Line:
    """Threads wait in the pool's own line."""

    def __init__(self, places: int) -> None:
        pass

    def enter(self, seconds: float | None) -> Any:  # noqa: ANN401 -- a connection
        """Nothing: the pool has one, or will have."""
        return None

    def leave(self, connection: object) -> bool:
        """False: the pool takes it back."""
        return False


class AsyncLine:
    """Tasks wait here, where a connection is handed to the next without a detour through the pool and its timers.

    With 32 tasks on 8 connections that is a sixth more searches a second.

    Args:
        places: How many connections there can be at once.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        # Each with the time at which it gives up; all wait equally long, so that the first is the first to do so.
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, seconds: float | None) -> Any:  # noqa: ANN401
        """Wait for one's turn: a connection, or None where it is to be got out of the pool.

        Raises:
            TimeIsUp: It took longer than so many seconds.
            psycopg_pool.PoolTimeout: It took longer than the pool's own waits do.
        """
        if self._places:
            self._places -= 1
            return None
        return await async_within(seconds, self._wait)

    async def _wait(self) -> Any:  # noqa: ANN401
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Any] = loop.create_future()
        until = loop.time() + _TIMEOUT_SECONDS
        self._waiting.append((until, turn))
        if self._timer is None:
            self._timer = loop.call_at(until, self._give_up, loop)
        try:
            return await turn
        except asyncio.CancelledError:
            # A connection may have come at the same moment: the next in line gets it, or else the pool.
            came = None if not turn.done() or turn.cancelled() else turn.result()
            if turn.done() and not turn.cancelled() and not self.leave(came) and came is not None:
                await came._pool.putconn(came)
            raise

    def leave(self, connection: object) -> bool:
        """Hand a connection, or None for a place without one, to the next; False where nobody waits."""
        while self._waiting:
            _, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        self._places += 1
        return False

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell those who waited too long, and come again when the next one will have."""
        self._timer = None
        while self._waiting:
            until, turn = self._waiting[0]
            if until > loop.time() and not turn.done():
                self._timer = loop.call_at(until, self._give_up, loop)
                return
            self._waiting.popleft()
            if not turn.done():
                turn.set_exception(
                    PoolTimeout(f"couldn't get a connection after {_TIMEOUT_SECONDS:.2f} sec")
                )


# When a client connects


class Opening:
    """A client that connects when it is made."""

    @abstractmethod
    def connect(self) -> None:
        """Connect."""

    def _open(self) -> None:
        self.connect()


class AsyncOpening:
    """A client that connects when it is first used: making it cannot wait."""

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

    def __iter__(self) -> NoReturn:
        """Raise TypeError: Python would ask for item after item, without an end."""
        raise TypeError("rows are to be waited for: use `async for row in collection.scan()`")

    def __contains__(self, item: object) -> NoReturn:
        """Raise TypeError, for the same reason."""
        raise TypeError("rows are to be waited for: use `await collection.fetch([id])`")

    def __len__(self) -> NoReturn:
        """Raise TypeError: len() cannot wait."""
        raise TypeError("len() cannot wait for the database: use `await collection.count()`")
