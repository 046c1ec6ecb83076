"""Progress bars for long work."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

# A load that is over sooner needs no bar.
_PATIENCE_SECONDS = 1.0
# How often the server is asked how far an index is.
_INTERVAL_SECONDS = 0.5


@contextmanager
def progress_bar(
    title: str, total: int | None, wanted: bool | None
) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error; call the function that it yields with the number of rows done since the last call.

    Args:
        title: The text before the bar.
        total: The number of rows, if it is known.
        wanted: True: show it; False: do not; None: on a terminal, once the work has taken a second.
    """
    if wanted is False or (wanted is None and not sys.stderr.isatty()):
        yield lambda _: None
        return

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=wanted is None,
    )
    task = progress.add_task(title, total=total)
    started = time.monotonic()
    showing = False

    def advance(done: int) -> None:
        nonlocal showing
        progress.update(task, advance=done)
        if not showing and (wanted or time.monotonic() - started > _PATIENCE_SECONDS):
            progress.start()
            showing = True

    try:
        yield advance
    finally:
        if showing:
            progress.stop()


@contextmanager
def build_bar(collection: str, conninfo: str, wanted: bool | None) -> Iterator[None]:
    """Show on standard error how far the build of an index is, as vecs.index_progress tells it to another connection.

    Args:
        collection: The name of the collection.
        conninfo: Where its database is. If there is no connection, there is no bar.
        wanted: True: show it; False: do not; None: on a terminal, once the work has taken a second.
    """
    if wanted is False or (wanted is None and not sys.stderr.isatty()):
        yield
        return
    ended, succeeded = threading.Event(), threading.Event()
    watching = threading.Thread(
        target=_watch, args=(collection, conninfo, wanted is None, ended, succeeded), daemon=True
    )
    watching.start()
    try:
        yield
        succeeded.set()
    finally:
        ended.set()
        watching.join(1)


def _watch(
    collection: str,
    conninfo: str,
    transient: bool,
    ended: threading.Event,
    succeeded: threading.Event,
) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    if transient and ended.wait(_PATIENCE_SECONDS):
        return
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    with (
        suppress(psycopg.Error),
        psycopg.connect(conninfo, autocommit=True, connect_timeout=10) as connection,
        Progress(*columns, console=Console(stderr=True), transient=transient) as progress,
    ):
        title = f"indexing {collection}"
        task = progress.add_task(title, total=100)
        statement = "SELECT phase, percent, seconds_left FROM vecs.index_progress(%s)"
        while not ended.wait(_INTERVAL_SECONDS):
            for phase, percent, left in connection.execute(statement, [collection]):
                step = phase.removeprefix("building index: ")
                remains = "" if left is None else f", {left:,.0f} s left"
                progress.update(
                    task, completed=percent or 0, description=f"{title}: {step}{remains}"
                )
        if succeeded.is_set():
            progress.update(task, completed=100, description=title)
