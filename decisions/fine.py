"""Nanoseconds, which Python's own times and durations do not have but FEEL does.

A value that is finer than a microsecond is an instance of a subclass that carries the rest: `nanos`, 1 to 999, to be
added to what its parent says.  All others stay Python's own.  Code that knows nothing of this sees a time or duration
cut off at the microsecond.  Python's operators do not carry `nanos` along: add with `moved`, compare by
`nanoseconds` or `values.moment_key`.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, TypeVar

_MICRO = timedelta(microseconds=1)
D = TypeVar("D", date, datetime)
V = TypeVar("V", time, datetime, timedelta)


class FineTime(time):
    """A time of day with `nanos`."""

    nanos = 0

    def replace(self, *parts: Any, **changes: Any) -> time:  # type: ignore[override]
        """As of `time`."""
        return fine_time(super().replace(*parts, **changes), self.nanos)

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and nanos_of(other) == self.nanos

    def __hash__(self) -> int:
        return hash((super().__hash__(), self.nanos))


class FineDateTime(datetime):
    """A date and time with `nanos`."""

    nanos = 0

    def replace(self, *parts: Any, **changes: Any) -> datetime:  # type: ignore[override]
        """As of `datetime`."""
        return fine_datetime(super().replace(*parts, **changes), self.nanos)

    def astimezone(self, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """As of `datetime`."""
        return fine_datetime(super().astimezone(tz), self.nanos)

    def timetz(self) -> time:
        """As of `datetime`."""
        return fine_time(super().timetz(), self.nanos)

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and nanos_of(other) == self.nanos

    def __hash__(self) -> int:
        return hash((super().__hash__(), self.nanos))


class FineDuration(timedelta):
    """A days and time duration with `nanos`; a negative one is what its parent says, plus these."""

    nanos = 0

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and nanos_of(other) == self.nanos

    def __hash__(self) -> int:
        return hash((super().__hash__(), self.nanos))


def nanos_of(value: object) -> int:
    """The nanoseconds below the microsecond of any value; 0 for those that have none."""
    return value.nanos if isinstance(value, FineTime | FineDateTime | FineDuration) else 0


def fine_time(near: time, nanos: int) -> time:
    """A time with so many nanoseconds more."""
    kind = FineTime if nanos else time
    found = kind(near.hour, near.minute, near.second, near.microsecond, near.tzinfo, fold=near.fold)
    return _carrying(found, nanos)


def fine_datetime(near: datetime, nanos: int) -> datetime:
    """A date and time with so many nanoseconds more."""
    kind = FineDateTime if nanos else datetime
    clock = (near.hour, near.minute, near.second, near.microsecond, near.tzinfo)
    return _carrying(kind(near.year, near.month, near.day, *clock, fold=near.fold), nanos)


def duration(nanoseconds: int) -> timedelta:
    """The duration of that length. Raises OverflowError beyond what Python's durations hold."""
    micros, nanos = divmod(nanoseconds, 1000)
    return _carrying((FineDuration if nanos else timedelta)(microseconds=micros), nanos)


def _carrying(value: V, nanos: int) -> V:
    if isinstance(value, FineTime | FineDateTime | FineDuration):
        value.nanos = nanos
    return value


def nanoseconds(length: timedelta) -> int:
    """The length of a duration."""
    return length // _MICRO * 1000 + nanos_of(length)


def combined(day: date, clock: time) -> datetime:
    """The time of day on that day."""
    return fine_datetime(datetime.combine(day, clock), nanos_of(clock))


def moved(value: D, length: timedelta, nanos: int) -> D:
    """A date, or a date and time, later by a duration and so many nanoseconds."""
    micros, rest = divmod(nanos_of(value) + nanos, 1000)
    if not isinstance(value, datetime) or not (micros or rest or isinstance(value, FineDateTime)):
        return value + length
    return fine_datetime(value + length + micros * _MICRO, rest)
