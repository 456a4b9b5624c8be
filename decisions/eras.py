"""Dates outside the years 1 to 9999, which Python's own dates cannot hold but FEEL knows.

The calendar repeats every 400 years.  A far date is a date of the years 2000 to 2399 and a number of such cycles;
whatever is computed on it is computed on the near date, and comes back as Python's own date when the year allows.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from .fine import moved, nanos_of

DAYS_OF_CYCLE = 146_097
_CYCLE = timedelta(days=DAYS_OF_CYCLE)
MAX_YEAR = 999_999_999


@dataclass(frozen=True, slots=True)
class FarDate:
    """A date: `near`, moved by 400 years `cycles` times."""

    near: date
    cycles: int

    @property
    def year(self) -> int:
        """The year, negative before the year 0."""
        return self.near.year + 400 * self.cycles

    @property
    def month(self) -> int:
        """1 to 12"""
        return self.near.month

    @property
    def day(self) -> int:
        """1 to 31"""
        return self.near.day


@dataclass(frozen=True, slots=True)
class FarDateTime:
    """A date and time: `near`, moved by 400 years `cycles` times."""

    near: datetime
    cycles: int


Day = date | FarDate
Moment = datetime | FarDateTime


def split(value: Any) -> tuple[Any, int]:
    """The near value and the cycles of any date or date and time."""
    if isinstance(value, FarDate | FarDateTime):
        return value.near, value.cycles
    return value, 0


def join(near: Any, cycles: int) -> Any:
    """A date or date and time as Python's own when its year is 1 to 9999; None beyond the years FEEL knows."""
    year = near.year + 400 * cycles
    if 1 <= year <= 9999:
        return near if cycles == 0 else near.replace(year=year)
    if abs(year) > MAX_YEAR:
        return None
    cycles, rest = divmod(year - 2000, 400)
    centred = near.replace(year=2000 + rest)
    return FarDateTime(centred, cycles) if isinstance(centred, datetime) else FarDate(centred, cycles)


def day_from(year: int, month: int, day: int) -> Any:
    """The date of that year, month and day. Raises ValueError when there is none."""
    cycles, rest = divmod(year - 2000, 400)
    return join(date(2000 + rest, month, day), cycles)


def plus(value: Any, length: timedelta) -> Any:
    """A date or date and time moved by a duration; None beyond the years FEEL knows."""
    near, cycles = split(value)
    turns, rest = divmod(length, _CYCLE)
    near, home = _centred(near, cycles)
    return join(moved(near, rest, nanos_of(length)), home + turns)


def plus_months(value: Any, months: int) -> Any:
    """The same day `months` later, or the last day of a shorter month; None beyond the years FEEL knows."""
    near, cycles = _centred(*split(value))
    year, month = divmod(near.year * 12 + near.month - 1 + months, 12)
    turns, rest = divmod(year - 2000, 400)
    last = calendar.monthrange(2000 + rest, month + 1)[1]
    return join(near.replace(year=2000 + rest, month=month + 1, day=min(near.day, last)), cycles + turns)


def _centred(near: Any, cycles: int) -> tuple[Any, int]:
    """The same value with its near part in the years 2000 to 2399."""
    turns, rest = divmod(near.year - 2000, 400)
    return near.replace(year=2000 + rest), cycles + turns


def day_number(value: Any) -> int:
    """Days since the first day of the year 1, counting it as 1."""
    near, cycles = split(value)
    return int(near.toordinal()) + DAYS_OF_CYCLE * cycles


def text_of_day(value: Any) -> str:
    """`2026-02-01`, `-0044-03-15`, `12026-02-01`"""
    near, cycles = split(value)
    year = near.year + 400 * cycles
    return f"{'-' if year < 0 else ''}{abs(year):04d}-{near.month:02d}-{near.day:02d}"
