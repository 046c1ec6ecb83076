"""These tests run twice: with the sync client, and with the async one behind a front that waits for it."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import vecs_sql as vecs
from tests.conftest import Databases
from tests.python import pooler

# test_pooler.py has these tests run through a PgBouncer in transaction mode.
POOLED = bool(os.environ.get("VECS_SQL_TEST_POOLER"))

# What cannot run there by its nature: how many tests, and why.
NOT_POOLED = {
    "test_other_notices_are_no_warnings": "a setting of the session, in what opens it",
    "test_a_transaction_that_was_idle_too_long": "a setting of the session; the pooler hides what ends it",
    "test_a_long_reader_delays_the_swap_and_nobody_else": "the pooler has too few connections to watch a lock",
    "test_no_transaction_while_records_are_waited_for": "counts transactions of all, and others work here",
    "test_no_transaction_while_a_model_works": "counts transactions of all, and others work here",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        name = getattr(item, "originalname", item.name)
        if POOLED and name in NOT_POOLED:
            item.add_marker(pytest.mark.skip(reason=NOT_POOLED[name]))


@pytest.fixture(scope="session")
def url(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database that these tests share."""
    straight = databases.create(template)
    if not POOLED:
        yield straight
        return
    with pooler.before(straight) as url, pooler.others_at_work(url):
        yield url


# For what this front cannot do: call back while it waits, or warn where the caller stands.
only_sync = pytest.mark.parametrize("client", ["sync"], indirect=True, scope="session")


class Waiting:
    """An async client or collection that is used like a sync one."""

    def __init__(self, waited: Any, loop: asyncio.AbstractEventLoop) -> None:  # noqa: ANN401
        self.__dict__.update(_waited=waited, _loop=loop)

    def _run(self, result: Any) -> Any:  # noqa: ANN401
        if inspect.isawaitable(result):
            result = asyncio.run_coroutine_threadsafe(self._await(result), self._loop).result()
        if isinstance(result, AsyncIterator):
            return self._iterate(result)
        if isinstance(result, (vecs.AsyncClient, vecs.AsyncCollection)):
            return self if result is self._waited else Waiting(result, self._loop)
        if isinstance(result, list):
            return [self._run(item) for item in result]
        return result

    @staticmethod
    async def _await(result: Any) -> Any:  # noqa: ANN401
        return await result

    def _iterate(self, iterator: AsyncIterator[Any]) -> Iterator[Any]:
        while True:
            try:
                yield self._run(anext(iterator))
            except StopAsyncIteration:
                return

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        found = getattr(self._waited, name)
        if name == "client":
            return Waiting(found, self._loop)
        if inspect.ismethod(found):
            return lambda *arguments, **named: self._run(found(*arguments, **named))
        return self._run(found)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._waited, name, value)

    def __getitem__(self, items: Any) -> Any:  # noqa: ANN401
        return self._run(self._waited[items])

    def __len__(self) -> int:
        return int(self._run(self._waited.count()))

    def __repr__(self) -> str:
        return repr(self._waited)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Waiting) and other._waited is self._waited

    __hash__ = None  # type: ignore[assignment]


@pytest.fixture(scope="session", params=["sync", "async"])
def client(url: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the database."""
    if request.param == "sync":
        with vecs.create_client(url) as client:
            yield client
        return
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    waiting = Waiting(vecs.create_async_client(url), loop)
    yield waiting
    waiting.disconnect()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
