"""What the counting did, as lines (`words.Line`): which days were skipped, rolled, worked, and at what hour
it ends.

Built only when somebody asks for the explanation of a due time; `due` counts without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from timers.calendar import Calendar
from timers.limits import Limit
from timers.words import Line


def begun(code: str, local: datetime) -> Line:
    """Where the counting starts: `anchor`, `after`, `before` or `extend`, at a local time."""
    return Line(code, {"at": _iso(local)})


def running(limit: Limit) -> Line:
    """Minutes and hours run around the clock."""
    return Line("running", {"n": limit.value, "unit": limit.unit})


def moment(code: str, local: datetime) -> Line:
    """`ends_at`, `falls_at` or `capped`: a local date and time."""
    return Line(code, {"at": _iso(local)})


def hour(mode: str, clock: time, ends: bool) -> Line:
    """When on its last day a limit ends (or, with `ends` false, when a moment that depends on it falls)."""
    said = "24:00" if mode == "midnight" else clock.isoformat("seconds" if clock.second else "minutes")
    return Line("ends", {"mode": mode, "ends": ends, "time": said})


def working(calendar: Calendar, start: int, end: int, n: int) -> list[Line]:
    """`n` working days after the day `start` (an ordinal), up to `end`."""
    lines = [Line("excluded", {})]
    if n > 1:
        lines.append(Line("first", {"date": _day(calendar.working_after(start, 1))}))
    lines += skipped(calendar, start + 1, end)
    lines.append(Line("last", {"n": n, "date": _day(end)}))
    return lines


def natural(calendar: Calendar, limit: Limit, start: date, nominal: int, end: int) -> list[Line]:
    """Natural days, months or years after `start`, which run out on `nominal` and end on `end` (ordinals)."""
    last = date.fromordinal(nominal)
    said = {"n": limit.value, "unit": limit.unit, "date": last.isoformat()}
    if limit.value == 0:
        lines = [Line("same_day", said)]
    elif limit.unit == "d":
        lines = [Line("excluded", {}), Line("natural", said)]
    else:
        lines = [Line("excluded", {}), Line("corresponding" if last.day == start.day else "month_end", said)]
    name = calendar.day(last).name
    if end != nominal:
        lines.append(Line("rolled", {"from": last.isoformat(), "to": _day(end), "name": name}))
    elif not calendar.is_working(nominal):
        lines.append(Line("unrolled", {"date": last.isoformat(), "name": name}))
    return lines


def backwards(calendar: Calendar, limit: Limit, start: int, end: int) -> list[Line]:
    """`limit` before the due day `start`, back to `end` (ordinals)."""
    lines = skipped(calendar, end + 1, start - 1) if limit.unit == "wd" else []
    return [*lines, Line("backwards", {"n": limit.value, "unit": limit.unit, "date": _day(end)})]


def shared(begin: datetime, end: datetime, percent: str) -> Line:
    """A share of the time between two local times."""
    return Line("share", {"at": _iso(begin), "due": _iso(end), "percent": percent})


def left(n: int, of: int, end: int) -> Line:
    """`n` of `of` working days are left after the day `end` (an ordinal)."""
    return Line("left", {"n": n, "of": of, "date": _day(end)})


def skipped(calendar: Calendar, first: int, last: int) -> list[Line]:
    """Days off from `first` to `last`, holiday by holiday, the plain weekends together; and worked
    weekends."""
    lines: list[Line] = []
    weekends: list[list[str]] = []
    for stretch in calendar.off_between(first, last):
        days = [_day(stretch.first), _day(stretch.last)]
        if stretch.reason == "weekend":
            weekends.append(days)
        else:
            lines.append(Line("holiday", {"first": days[0], "last": days[1], "name": stretch.name}))
    if weekends:
        lines.append(Line("weekends", {"days": weekends}))
    for day, name in calendar.makeup_between(first, last):
        lines.append(Line("makeup", {"date": _day(day), "name": name}))
    return lines


def consulted(calendar: Calendar, first: int, last: int, unpublished: Sequence[int]) -> list[Line]:
    """Which calendar was read from `first` to `last` (ordinals), and which years of it are not published."""
    years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
    sources = [calendar.years[y].source for y in years if y in calendar.years and calendar.years[y].source]
    lines = [Line("calendar", {"version": calendar.version, "sources": sources})]
    if unpublished:
        lines.append(Line("provisional", {"years": list(unpublished)}))
    return lines


def _iso(local: datetime) -> str:
    return local.replace(tzinfo=None).isoformat()


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
