"""Progress bars for long work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# A load that is over sooner needs no bar.
_PATIENCE_SECONDS = 1.0


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
