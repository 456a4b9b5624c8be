"""The only module that reads the wall clock.

Everything else is handed `now`. The server wires `system_clock` in; a scenario wires a clock that it sets.
`elapsed` is not a time of day: it only ever goes forward, so a stepped wall clock does not touch it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present instant of the machine, aware, in UTC."""
        return datetime.now(UTC)


system_clock = SystemClock()


def elapsed() -> float:
    """Seconds since some fixed moment of this run; never steps back."""
    return time.monotonic()
