"""Primitives in which the sync and the async client differ by more than an `await`.

Each comes in two forms: `name` for threads and `aname` for the tasks of an event loop (`Name`, `AName` for classes).
tools/async_to_sync.py replaces the one by the other.
"""

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
from vecs_sql._deadline import Deadline, DeadlineExceeded

P = ParamSpec("P")
T = TypeVar("T")

# The default timeout of psycopg_pool.
_POOL_TIMEOUT_SECONDS = 30.0


# Blocking work, such as embedding or starting a server


def run_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function: the caller's thread may block."""
    return function(*args, **kwargs)


async def arun_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in another thread, so that the event loop is not blocked."""
    return await asyncio.to_thread(function, *args, **kwargs)


# Waiting with a limit


def wait_for(
    seconds: float | None, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Call a function, and give up after so many seconds; a result that comes later is closed.

    Raises:
        DeadlineExceeded: It takes longer.
    """
    if seconds is None:
        return function(*args, **kwargs)
    future: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
            return
        if future.set_running_or_notify_cancel():
            future.set_result(result)
        elif hasattr(result, "close"):
            result.close()

    threading.Thread(target=run, daemon=True).start()
    try:
        concurrent.futures.wait([future], seconds)
        if future.cancel():
            raise DeadlineExceeded
    except BaseException:  # Ctrl-C, or whatever else a signal handler raises
        future.cancel()
        raise
    return future.result()


async def await_for(
    seconds: float | None,
    function: Callable[P, Coroutine[Any, Any, T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Await a function, and give up after so many seconds.

    Raises:
        DeadlineExceeded: It takes longer.
    """
    if seconds is None:
        return await function(*args, **kwargs)
    try:
        return await asyncio.wait_for(function(*args, **kwargs), seconds)
    except asyncio.TimeoutError as error:
        raise DeadlineExceeded from error


def cancel(connection: psycopg.Connection[Any], seconds: float) -> None:
    """Ask the server to cancel the running statement; errors are ignored."""
    with suppress(psycopg.Error, DeadlineExceeded):
        if capabilities.has_cancel_safe():
            connection.cancel_safe(timeout=seconds)
        else:  # libpq before 17 has no timeout for it
            wait_for(seconds, connection.cancel)


async def acancel(connection: psycopg.AsyncConnection[Any], seconds: float) -> None:
    """Ask the server to cancel the running statement; errors are ignored.

    A task that is cancelled in the meantime asks again before it ends.
    """
    deadline, interruption = Deadline(seconds), None
    while True:
        try:
            with suppress(psycopg.Error, asyncio.TimeoutError):
                await asyncio.wait_for(connection.cancel_safe(timeout=seconds), deadline.remaining)
            break
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        raise interruption


# Reentrant locks

RLock = threading.RLock


class ARLock:
    """A reentrant lock for the tasks of one event loop; asyncio has none."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[object] | None = None
        self._depth = 0

    async def __aenter__(self) -> None:
        if self._owner is not asyncio.current_task():
            if self._owner is not None:
                acheck_owner(self._owner.get_loop())
            await self._lock.acquire()
            self._owner = asyncio.current_task()
        self._depth += 1

    async def __aexit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._lock.release()


# The owner of connections


def owner() -> int:
    """Return the process id: connections are shared by threads, but not with a forked process."""
    return os.getpid()


def aowner() -> asyncio.AbstractEventLoop:
    """Return the running event loop: no other may use the connections."""
    return asyncio.get_running_loop()


def check_owner(owner: object) -> None:
    """Do nothing: a forked process may leave the connections of its parent alone."""


def acheck_owner(owner: object) -> None:
    """Check that the event loop that owns the connections has ended; a running one would never wake this one.

    Raises:
        exc.ArgError: It is running.
    """
    if (
        isinstance(owner, asyncio.AbstractEventLoop)
        and owner is not asyncio.get_running_loop()
        and owner.is_running()
    ):
        raise exc.ArgError(
            "the client is in use in another event loop",
            hint="Make a client for each event loop that runs at the same time.",
        )


# The queue for a connection


class Waiters:
    """Threads wait in the pool itself."""

    def __init__(self, size: int) -> None:
        pass

    def acquire(self, seconds: float | None) -> Any:  # noqa: ANN401 -- a connection
        """Return None: the pool has a connection, or will have one."""
        return None

    def release(self, connection: object) -> bool:
        """Return False: the pool takes the connection back."""
        return False


class AWaiters:
    """Tasks wait here, and a connection goes straight to the next one.

    The pool would put it back and start a timer for each task; with 32 tasks on 8 connections that costs a sixth of
    the searches per second.

    Args:
        size: The number of connections.
    """

    def __init__(self, size: int) -> None:
        self._free = size
        # With the time at which each gives up. All wait equally long, so the first in the queue is the first to do so.
        self._queue: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def acquire(self, seconds: float | None) -> Any:  # noqa: ANN401
        """Wait for a connection, or for None: then the pool has one.

        Raises:
            DeadlineExceeded: It took longer than so many seconds.
            psycopg_pool.PoolTimeout: It took longer than the pool's own timeout.
        """
        if self._free:
            self._free -= 1
            return None
        return await await_for(seconds, self._wait)

    async def _wait(self) -> Any:  # noqa: ANN401
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        give_up_at = loop.time() + _POOL_TIMEOUT_SECONDS
        self._queue.append((give_up_at, future))
        if self._timer is None:
            self._timer = loop.call_at(give_up_at, self._expire, loop)
        try:
            return await future
        except asyncio.CancelledError:
            # A connection may have come at the same moment: hand it to the next task, or back to the pool.
            if future.done() and not future.cancelled() and future.exception() is None:
                connection = future.result()
                if not self.release(connection) and connection is not None:
                    await connection._pool.putconn(connection)  # noqa: SLF001 -- of psycopg_pool
            raise

    def release(self, connection: object) -> bool:
        """Hand a connection, or None, to the next task; return False if none waits."""
        while self._queue:
            _, future = self._queue.popleft()
            if not future.done():
                future.set_result(connection)
                return True
        self._free += 1
        return False

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Fail the tasks that have waited too long, and start the timer of the next one."""
        self._timer = None
        while self._queue:
            give_up_at, future = self._queue[0]
            if give_up_at > loop.time() and not future.done():
                self._timer = loop.call_at(give_up_at, self._expire, loop)
                return
            self._queue.popleft()
            if not future.done():
                future.set_exception(
                    PoolTimeout(f"couldn't get a connection after {_POOL_TIMEOUT_SECONDS:.2f} sec")
                )


# Connecting: a constructor cannot await


def connect_at_once(connect: Callable[[], None]) -> None:
    """Connect, so that an unreachable server is an error of the constructor."""
    connect()


def connect_later(connect: Callable[[], Awaitable[None]]) -> None:
    """Do nothing: the first use connects."""


# len()


class Sized:
    """A collection whose length is its number of rows."""

    @abstractmethod
    def count(self) -> int:
        """Count the rows."""

    def __len__(self) -> int:
        """Count the rows exactly (vecs.count_rows)."""
        return self.count()


class ASized:
    """A collection without a length: len(), `in` and iteration cannot await."""

    def __bool__(self) -> bool:
        """Return True, although there is no length."""
        return True

    def __iter__(self) -> NoReturn:
        """Raise TypeError; without this, Python would call __getitem__ with 0, 1, 2 and so on, for ever."""
        raise TypeError("iteration cannot await: use `async for row in collection.scan()`")

    def __contains__(self, item: object) -> NoReturn:
        """Raise TypeError, for the same reason."""
        raise TypeError("`in` cannot await: use `await collection.fetch([id])`")

    def __len__(self) -> NoReturn:
        """Raise TypeError."""
        raise TypeError("len() cannot await: use `await collection.count()`")
