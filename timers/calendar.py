"""Which days are worked in China: weekends, holidays, make-up weekends (调休), and what is not published yet.

A `Calendar` is immutable and named by a version, which every deadline remembers. It holds one table per
published year. A year without a table is counted by the weekday rule with 1 January off, and everything
computed with it is *provisional*: it is recomputed when the notice of that year is imported (`with_notice`
gives a new calendar, whose version is a digest of its content).

Counting is done on day ordinals (`date.toordinal()`), in lists prepared once per year and calendar, because
replays compute due times by the ten thousand.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import version as installed_version
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from chinese_calendar import constants as published

from timers.errors import BadCalendar, TimerError
from timers.notice import Notice, parse_notice

__all__ = [
    "Calendar",
    "Day",
    "Notice",
    "Stretch",
    "YearTable",
    "differences",
    "parse_notice",
    "published_calendar",
]

Reason = Literal["weekday", "weekend", "holiday", "makeup"]

# The library's names are the bare festivals; people and notices say 清明节.
_FULL_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}


class Day(NamedTuple):
    """One local date. `name`: the holiday it belongs to or makes up for, "" for ordinary days."""

    date: date
    working: bool
    reason: Reason
    name: str
    provisional: bool


class Stretch(NamedTuple):
    """Days off in a row for one reason; `first` and `last` are day ordinals, both included."""

    first: int
    last: int
    reason: Reason
    name: str


@dataclass(frozen=True)
class YearTable:
    """One year's notice: local date → name. `source`: title and number. See `Notice`."""

    holidays: Mapping[date, str]
    workdays: Mapping[date, str]
    source: str = ""
    published_on: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "holidays", MappingProxyType(dict(sorted(self.holidays.items()))))
        object.__setattr__(self, "workdays", MappingProxyType(dict(sorted(self.workdays.items()))))


class _Year(NamedTuple):
    """One year, prepared for counting; all days are ordinals."""

    working: list[int]
    off: list[Stretch]
    makeup: list[tuple[int, str]]
    published: bool


@dataclass(frozen=True)
class Calendar:
    """Published years and the rule for the others. Immutable; equal content may still have different
    versions."""

    version: str
    years: Mapping[int, YearTable]
    _prepared: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "years", MappingProxyType(dict(sorted(self.years.items()))))

    def __hash__(self) -> int:
        return hash(self.version)

    def day(self, day: date) -> Day:
        """What kind of day a local date is."""
        if (name := self._named(day, "workdays")) is not None:
            working, reason = True, "makeup"
        elif (name := self._named(day, "holidays")) is not None:
            working, reason = False, "holiday"
        elif day.year not in self.years and (day.month, day.day) == (1, 1):
            name, working, reason = "元旦", False, "holiday"
        else:
            working = day.weekday() < 5
            reason = "weekday" if working else "weekend"
        return Day(day, working, reason, name or "", day.year not in self.years)  # type: ignore[arg-type]  # a Reason

    def is_working(self, ordinal: int) -> bool:
        """Whether the day with this ordinal is a working day."""
        working = self._year(date.fromordinal(ordinal).year).working
        at = bisect_left(working, ordinal)
        return at < len(working) and working[at] == ordinal

    def working_after(self, ordinal: int, n: int) -> int:
        """Ordinal of the n-th working day (n ≥ 1) after a day, that day not counted."""
        year = date.fromordinal(ordinal).year
        working = self._year(year).working
        at = bisect_right(working, ordinal) + n - 1
        while at >= len(working):
            at -= len(working)
            year += 1
            working = self._year(year).working
        return working[at]

    def working_before(self, ordinal: int, n: int) -> int:
        """Ordinal of the n-th working day (n ≥ 1) before a day, that day not counted."""
        year = date.fromordinal(ordinal).year
        working = self._year(year).working
        at = bisect_left(working, ordinal) - n
        while at < 0:
            year -= 1
            working = self._year(year).working
            at += len(working)
        return working[at]

    def working_between(self, after: int, until: int) -> int:
        """How many working days lie after the first day up to and including the second; 0 if none."""
        if until <= after:
            return 0
        first, last = date.fromordinal(after).year, date.fromordinal(until).year
        counts = (
            bisect_right(working, until) - bisect_right(working, after)
            for working in (self._year(year).working for year in range(first, last + 1))
        )
        return sum(counts)

    def off_between(self, first: int, last: int) -> list[Stretch]:
        """Days off from one day to another (both included), in order, joined where the reason is the same."""
        found: list[Stretch] = []
        for year in range(date.fromordinal(first).year, date.fromordinal(last).year + 1):
            off = self._year(year).off
            for at in range(bisect_left(off, first, key=lambda s: s.last), len(off)):
                stretch = off[at]
                if stretch.first > last:
                    break
                if found and found[-1].last + 1 == stretch.first and found[-1][2:] == stretch[2:]:
                    found[-1] = found[-1]._replace(last=stretch.last)
                else:
                    found.append(stretch)
        if found:
            found[0] = found[0]._replace(first=max(first, found[0].first))
            found[-1] = found[-1]._replace(last=min(last, found[-1].last))
        return found

    def makeup_between(self, first: int, last: int) -> list[tuple[int, str]]:
        """Worked weekend days from one day to another (both included): ordinal and name of the holiday."""
        years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
        return [day for year in years for day in self._year(year).makeup if first <= day[0] <= last]

    def unpublished(self, first: int, last: int) -> list[int]:
        """The years from one day to another (both included) that have no table."""
        years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
        return [year for year in years if year not in self.years]

    def with_notice(self, notice: Notice) -> Calendar:
        """The calendar in which a year's table is the notice's. The same content gives the same version."""
        table = YearTable(notice.holidays, notice.workdays, notice.source, notice.published_on)
        return self if self.years.get(notice.year) == table else _addressed({**self.years, notice.year: table})

    def revised(
        self,
        year: int,
        *,
        add_holidays: Mapping[date, str] | None = None,
        add_workdays: Mapping[date, str] | None = None,
        source: str,
    ) -> Calendar:
        """The calendar after a correction of one year: more days off, or days worked after all.

        A year without a table starts from the provisional rule. Raises `BadNotice`.
        """
        table = self.years.get(year) or YearTable({date(year, 1, 1): "元旦"}, {})
        off, worked = dict(table.holidays), dict(table.workdays)
        for day, name in (add_holidays or {}).items():
            worked.pop(day, None)
            off[day] = name
        for day, name in (add_workdays or {}).items():
            off.pop(day, None)
            if day.weekday() >= 5:
                worked[day] = name
        return self.with_notice(Notice(year, off, worked, source))

    def to_json(self) -> dict[str, Any]:
        """JSON-able content."""
        return {"version": self.version, "years": _years_json(self.years)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Calendar:
        """The calendar that `to_json` wrote. Raises `BadCalendar`."""
        try:
            years = {
                int(year): YearTable(
                    {date.fromisoformat(day): str(name) for day, name in table["holidays"].items()},
                    {date.fromisoformat(day): str(name) for day, name in table["workdays"].items()},
                    table["source"],
                    date.fromisoformat(table["published_on"]) if table["published_on"] else None,
                )
                for year, table in data["years"].items()
            }
            return Calendar(data["version"], years)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, TimerError):
                raise
            raise BadCalendar("历法数据损坏", f"the stored calendar cannot be read: {error!r}") from error

    def _named(self, day: date, kind: Literal["holidays", "workdays"]) -> str | None:
        # A notice may reach into its neighbours: the last days of December are sometimes settled with the
        # next year's New Year, and a later notice wins over an earlier one.
        other = "workdays" if kind == "holidays" else "holidays"
        for year in (day.year + 1, day.year, day.year - 1):
            if table := self.years.get(year):
                if (name := getattr(table, kind).get(day)) is not None:
                    return str(name)
                if day in getattr(table, other):
                    return None
        return None

    def _year(self, year: int) -> _Year:
        if (prepared := self._prepared.get(year)) is None:
            prepared = self._prepared[year] = self._prepare(year)
        return prepared

    def _prepare(self, year: int) -> _Year:
        working: list[int] = []
        off: list[Stretch] = []
        makeup: list[tuple[int, str]] = []
        for day in map(self.day, _dates(date(year, 1, 1), date(year, 12, 31))):
            ordinal = day.date.toordinal()
            if day.working:
                working.append(ordinal)
                if day.reason == "makeup":
                    makeup.append((ordinal, day.name))
            elif off and off[-1].last == ordinal - 1 and off[-1][2:] == (day.reason, day.name):
                off[-1] = off[-1]._replace(last=ordinal)
            else:
                off.append(Stretch(ordinal, ordinal, day.reason, day.name))
        return _Year(working, off, makeup, year in self.years)


@lru_cache(1)
def published_calendar() -> Calendar:
    """The years that the installed `chinesecalendar` knows; its version says which library and which last
    year."""
    names = {holiday.value: _FULL_NAMES.get(holiday.chinese, holiday.chinese) for holiday in published.Holiday}
    years = sorted({day.year for day in published.holidays})
    tables = {
        year: YearTable(
            {day: names[name] for day, name in published.holidays.items() if day.year == year},
            {day: names[name] for day, name in published.workdays.items() if day.year == year},
            f"国务院办公厅 {year} 年放假安排",
        )
        for year in years
    }
    return Calendar(f"chinesecalendar-{installed_version('chinesecalendar')}-{years[-1]}", tables)


def differences(old: Calendar, new: Calendar) -> list[date]:
    """The days that are worked under one calendar and off under the other, in order."""
    years = sorted({*old.years, *new.years})
    if not years:
        return []
    # A notice reaches at most into the neighbouring years.
    days = _dates(date(years[0] - 1, 1, 1), date(years[-1] + 1, 12, 31))
    return [day for day in days if old.day(day).working != new.day(day).working]


def _dates(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(n) for n in range((last - first).days + 1))


def _addressed(years: Mapping[int, YearTable]) -> Calendar:
    content = json.dumps(_years_json(years), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    return Calendar(f"cn-{max(years)}-{digest}", years)


def _years_json(years: Mapping[int, YearTable]) -> dict[str, Any]:
    def days(named: Mapping[date, str]) -> dict[str, str]:
        return {day.isoformat(): name for day, name in named.items()}

    return {
        str(year): {
            "holidays": days(table.holidays),
            "workdays": days(table.workdays),
            "source": table.source,
            "published_on": table.published_on.isoformat() if table.published_on else None,
        }
        for year, table in years.items()
    }
