"""How long the server is waited for."""

from __future__ import annotations

import math
import time
from typing import Any

from psycopg.abc import PQGen

from vecs_sql import exc


class TimeIsUp(Exception):  # noqa: N818 -- of no interest to anybody but who waits
    """What was waited for did not come in time."""


class Deadline:
    """When waiting ends, so many seconds from now."""

    __slots__ = ("at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then; 0 afterwards."""
        return max(0.0, self.at - time.monotonic())


def deadline(seconds: float | None) -> Deadline | None:
    """When a call ends that may take so many seconds; None where it may take any time."""
    return None if seconds is None or seconds == math.inf else Deadline(seconds)


def left(deadline: Deadline | None) -> float | None:
    """Seconds until then, or None."""
    return None if deadline is None else deadline.left


def until(gen: PQGen[Any], deadline: Deadline) -> PQGen[Any]:
    """Go on with a generator of psycopg's until a time: whoever waits for it asks it every now and then.

    Raises:
        TimeIsUp: It has not come to its end; it can be gone on with.
    """
    try:
        state = next(gen)
        while True:
            ready = yield state
            if not ready and time.monotonic() > deadline.at:
                raise TimeIsUp
            state = gen.send(ready)
    except StopIteration as ended:
        return ended.value


def seconds(value: object) -> float | None:
    """A timeout as it is passed, looked at.

    Raises:
        exc.ArgError: It is not a number above 0.
    """
    if value is None:
        return None
    try:
        found = float(value) if not isinstance(value, (bool, str)) else math.nan  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = math.nan
    if not found > 0:
        raise exc.ArgError(
            f"timeout must be a number of seconds above 0, not {value!r}",
            hint="None stands for the client's timeout, math.inf for none.",
        )
    return found
