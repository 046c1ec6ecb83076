"""Deadlines of calls."""

from __future__ import annotations

import math
import time

from psycopg.abc import RV, PQGen

from vecs_sql import exc


class DeadlineExceeded(Exception):  # noqa: N818 -- internal: callers get exc.Timeout
    """The deadline has passed."""


class Deadline:
    """The time at which a wait ends.

    Args:
        seconds: From now.
    """

    __slots__ = ("at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.at = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds until then; 0 afterwards."""
        return max(0.0, self.at - time.monotonic())


def deadline_after(seconds: float | None) -> Deadline | None:
    """Return the deadline of a call that begins now; None if it may take any time."""
    return None if seconds is None or seconds == math.inf else Deadline(seconds)


def remaining(deadline: Deadline | None) -> float | None:
    """Return the seconds until a deadline; None if there is no deadline."""
    return None if deadline is None else deadline.remaining


def until(gen: PQGen[RV], deadline: Deadline) -> PQGen[RV]:
    """Run a generator of psycopg until a deadline, which is checked each time the waiting loop wakes up.

    Raises:
        DeadlineExceeded: The generator has not ended. It can still be continued.
    """
    try:
        state = next(gen)
        while True:
            ready = yield state
            if not ready and time.monotonic() > deadline.at:
                raise DeadlineExceeded
            state = gen.send(ready)
    except StopIteration as ended:
        result: RV = ended.value
        return result


def check_timeout(value: object) -> float | None:
    """Return a caller's timeout in seconds.

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
            hint="None means the client's timeout, math.inf means no timeout.",
        )
    return found
