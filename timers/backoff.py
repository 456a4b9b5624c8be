"""How long to wait before trying again what failed: twice as long after each failure, an hour at most."""

from __future__ import annotations

from datetime import timedelta

LONGEST = timedelta(hours=1)
# Far beyond the hour, and far from where the number of seconds overflows.
_MOST_DOUBLINGS = 20


def pause(first: timedelta, attempts: int) -> timedelta:
    """The pause after so many failed attempts; `first`: the one after the first."""
    longer: timedelta = first * 2 ** min(attempts - 1, _MOST_DOUBLINGS)
    return min(longer, LONGEST)
