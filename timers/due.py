"""When a limit ends, and why.

Minutes and hours run around the clock from the anchor second. A working-day limit does not count the day of the
anchor, also when that is a day off, and ends at close of business on its last working day. Natural days, months
and years do not count it either; when they end on a day off they move to the next working day where the pack or
the limit says so, and end at close of business, or at 23:59 when the day is off. Months and years end on the
corresponding day, or on the month's end where there is none. A limit that hangs on another (`before`, `after`,
`extend`, `share`) counts from the local day on which that one ends. What happens at the due instant itself is in
time. The rules follow articles 200 to 204 of the Civil Code.

All functions are pure; they return a `Due`, which carries the lines of its explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from timers.calendar import Calendar
from timers.errors import BadCounting, BadInstant, BadLimit
from timers.limits import Limit, parse_limit
from timers.words import Lang, Line, words

__all__ = [
    "Counting",
    "Due",
    "Line",
    "after",
    "at_clock",
    "before",
    "capped",
    "due",
    "explain",
    "explain_command",
    "extend",
    "in_time",
    "share",
    "words",
]

DueMode = Literal["close", "midnight", "same_time"]

_DAY_END = time(23, 59)
_FIRST_YEAR, _LAST_YEAR = 1900, 2900


@dataclass(frozen=True, slots=True)
class Counting:
    """How a pack counts. `close`: local close of business; `due_mode`: when on its last day a limit ends: at
    close, at 24:00, or at the anchor's time of day. Raises `BadCounting`."""

    zone: str = "Asia/Shanghai"
    close: time = time(17, 30)
    due_mode: DueMode = "close"
    roll_natural_days: bool = True

    def __post_init__(self) -> None:
        _zone(self.zone)
        if self.due_mode not in get_args(DueMode):
            raise BadCounting(
                f"到期方式“{self.due_mode}”应为 close、midnight 或 same_time",
                f"due mode {self.due_mode!r} should be close, midnight or same_time",
            )


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit ends. `at`, `anchor`: aware, UTC, whole seconds. `provisional`: a year without published
    holidays was counted. `calendar`: version. `lines`: the explanation, see `explain`."""

    at: datetime
    limit: Limit
    anchor: datetime
    provisional: bool
    calendar: str
    lines: tuple[Line, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-able content."""
        return {
            "at": self.at.isoformat(),
            "limit": str(self.limit),
            "roll": self.limit.roll,
            "anchor": self.anchor.isoformat(),
            "provisional": self.provisional,
            "calendar": self.calendar,
            "lines": [[line.code, dict(line.params)] for line in self.lines],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Due:
        """The due time that `to_json` wrote."""
        return Due(
            at=datetime.fromisoformat(data["at"]),
            limit=replace(parse_limit(data["limit"]), roll=data["roll"]),
            anchor=datetime.fromisoformat(data["anchor"]),
            provisional=data["provisional"],
            calendar=data["calendar"],
            lines=tuple(Line(code, params) for code, params in data["lines"]),
        )


def in_time(due_at: datetime, moment: datetime) -> bool:
    """Whether what happened at `moment` was in time; the due instant itself is."""
    return moment <= due_at


def due(limit: Limit, anchor: datetime, calendar: Calendar, counting: Counting) -> Due:
    """When `limit` ends that begins at `anchor` (aware). Raises `BadInstant`."""
    return _forward("anchor", limit, anchor, _local(anchor, counting), calendar, counting)


def after(parent_at: datetime, limit: Limit, calendar: Calendar, counting: Counting) -> Due:
    """When a limit ends that follows another one ending at `parent_at`; the parent's due day is not counted."""
    return _forward("after", limit, parent_at, _due_local(parent_at, counting), calendar, counting)


def extend(due_at: datetime, limit: Limit, calendar: Calendar, counting: Counting) -> Due:
    """The new due time of a limit that ended at `due_at` and is prolonged by `limit`."""
    return _forward("extend", limit, due_at, _due_local(due_at, counting), calendar, counting)


def before(parent_at: datetime, limit: Limit, calendar: Calendar, counting: Counting) -> Due:
    """The moment `limit` before `parent_at`: for `1wd` the close of business on the last working day before the
    due day. Nothing moves off a day off here: backwards, that would shorten the notice."""
    local = _due_local(parent_at, counting)
    start = local.date().toordinal()
    if limit.by_clock:
        at = _utc(parent_at) - _span(limit)
        steps = [_running(limit), Line("falls_at", {"at": _iso(at.astimezone(local.tzinfo))})]
        return Due(at, limit, _utc(parent_at), False, calendar.version, (_begun("before", local), *steps))
    if limit.unit == "wd":
        end = calendar.working_before(start, limit.value)
        skipped = _skipped(calendar, end + 1, start - 1)
    elif limit.unit == "d":
        end, skipped = start - limit.value, []
    else:
        end, skipped = _corresponding(local.date(), limit, -1)[0].toordinal(), []
    steps = [
        *skipped,
        Line("backwards", {"n": limit.value, "unit": limit.unit, "date": _day(end)}),
    ]
    return _on_day("before", limit, parent_at, local, end, steps, (end, start), calendar, counting, ends=False)


def share(
    anchor: datetime,
    due_at: datetime,
    fraction: float | Decimal | Fraction,
    limit: Limit,
    calendar: Calendar,
    counting: Counting,
) -> Due:
    """The moment at which `fraction` (0 to 1) of the time from `anchor` to `due_at` is left.

    `limit`: the limit that ends at `due_at`. For working days it is a close of business: the last one with at
    least that share of whole working days still to come; when that is not after the anchor, and for all other
    units, the share of the running time. Raises `BadLimit` for a fraction outside 0 to 1.
    """
    part = Fraction(str(fraction))
    if not 0 < part < 1:
        raise BadLimit(f"剩余比例 {fraction} 应在 0 与 1 之间", f"share {fraction} should lie between 0 and 1")
    begin, end = _local(anchor, counting), _due_local(due_at, counting)
    head = Line("share", {"at": _iso(begin), "due": _iso(end), "percent": f"{float(part * 100):g}"})
    if limit.unit == "wd":
        first, last = begin.date().toordinal(), end.date().toordinal()
        of = calendar.working_between(first, last)
        left = ceil(part * of)
        day = calendar.working_before(last, left)
        steps = [Line("left", {"n": left, "of": of, "date": _day(day)})]
        falls = _on_day(head, limit, anchor, end, day, steps, (first + 1, last), calendar, counting, ends=False)
        if falls.at > falls.anchor:
            return falls
    begun, ended = _utc(anchor), _utc(due_at)
    at = (ended - (ended - begun) * float(part)).replace(microsecond=0)
    falls_at = Line("falls_at", {"at": _iso(at.astimezone(begin.tzinfo))})
    return Due(at, limit, begun, False, calendar.version, (head, falls_at))


def at_clock(limit: Limit, at: time, anchor: datetime, calendar: Calendar, counting: Counting) -> Due:
    """At local clock time `at` on the day that lies `limit` (natural or working days; `0d`: the same day) after
    the day of `anchor`: "the same day by 23:59", "the next day at 10:00". Moves off a day off only if the limit
    itself says so. Raises `BadLimit` for other units."""
    if limit.unit not in ("d", "wd"):
        raise BadLimit(f"“{limit}”不是以日计的时限", f"{limit} is not a limit in days")
    days = replace(limit, roll=bool(limit.roll))
    return _forward("anchor", days, anchor, _local(anchor, counting), calendar, counting, at)


def capped(found: Due, latest: datetime, counting: Counting) -> Due:
    """The same due time, but never after `latest`."""
    if found.at <= latest:
        return found
    line = Line("capped", {"at": _iso(_due_local(latest, counting))})
    return replace(found, at=_utc(latest), lines=(*found.lines, line))


def explain(found: Due, lang: Lang = "zh") -> list[str]:
    """Sentences that say how the due time came about: anchor, days skipped and why, close, calendar."""
    year = int(found.lines[0].params["at"][:4])
    return [words(line, lang, year) for line in found.lines]


def explain_command(
    limit_text: str, from_: datetime, calendar: Calendar, counting: Counting, lang: Lang = "zh"
) -> dict[str, Any]:
    """What the command line prints for a limit that begins at `from_` (aware): `due_at` (ISO, local offset),
    `provisional`, `explanation`. Raises `BadLimit`, `BadInstant`."""
    found = due(parse_limit(limit_text), from_, calendar, counting)
    return {
        "due_at": found.at.astimezone(_zone(counting.zone)).isoformat(),
        "provisional": found.provisional,
        "explanation": explain(found, lang),
    }


def _forward(
    code: str,
    limit: Limit,
    anchor: datetime,
    local: datetime,
    calendar: Calendar,
    counting: Counting,
    clock: time | None = None,
) -> Due:
    if limit.by_clock:
        begun = _utc(anchor)
        at = begun + _span(limit)
        ends_at = Line("ends_at", {"at": _iso(at.astimezone(local.tzinfo))})
        return Due(at, limit, begun, False, calendar.version, (_begun(code, local), _running(limit), ends_at))
    start = local.date().toordinal()
    steps = [_NOT_COUNTED] if limit.value else []
    if limit.unit == "wd":
        end = calendar.working_after(start, limit.value)
        consulted = (start + 1, end)
        if limit.value > 1:
            steps.append(Line("first", {"date": _day(calendar.working_after(start, 1))}))
        steps += _skipped(calendar, start + 1, end)
        steps.append(Line("last", {"n": limit.value, "date": _day(end)}))
    else:
        nominal, said = _nominal(local.date(), limit)
        steps.append(said)
        end = _rolled(nominal, limit, calendar, counting, steps)
        consulted = (nominal, end)
    return _on_day(code, limit, anchor, local, end, steps, consulted, calendar, counting, clock=clock)


_NOT_COUNTED = Line("excluded", {})


def _nominal(day: date, limit: Limit) -> tuple[int, Line]:
    """The last day of a limit in natural days, months or years, before it moves off a day off."""
    if limit.unit == "d":
        end = day + timedelta(limit.value)
        said = {"n": limit.value, "date": end.isoformat()}
        return end.toordinal(), Line("natural" if limit.value else "same_day", said)
    end, clamped = _corresponding(day, limit, 1)
    return end.toordinal(), Line(
        "month_end" if clamped else "corresponding",
        {"n": limit.value, "unit": limit.unit, "date": end.isoformat()},
    )


def _corresponding(day: date, limit: Limit, sign: int) -> tuple[date, bool]:
    """The same day of the month, that many months or years on; the month's end, and True, where there is none."""
    months = limit.value * (12 if limit.unit == "year" else 1) * sign
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    length = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - first).days
    return first.replace(day=min(day.day, length)), day.day > length


def _rolled(nominal: int, limit: Limit, calendar: Calendar, counting: Counting, steps: list[Line]) -> int:
    """The day on which a limit that nominally ends on `nominal` does end; says so if that is a day off."""
    if calendar.is_working(nominal):
        return nominal
    off = calendar.day(date.fromordinal(nominal))
    if counting.roll_natural_days if limit.roll is None else limit.roll:
        end = calendar.working_after(nominal, 1)
        steps.append(Line("rolled", {"from": _day(nominal), "to": _day(end), "name": off.name}))
        return end
    steps.append(Line("unrolled", {"date": _day(nominal), "name": off.name}))
    return nominal


def _skipped(calendar: Calendar, first: int, last: int) -> list[Line]:
    """Days off from `first` to `last`, holiday by holiday, the plain weekends together; and worked weekends."""
    lines: list[Line] = []
    weekends: list[list[str]] = []
    for stretch in calendar.off_between(first, last):
        if stretch.reason == "weekend":
            weekends.append([_day(stretch.first), _day(stretch.last)])
        else:
            days = {"first": _day(stretch.first), "last": _day(stretch.last), "name": stretch.name}
            lines.append(Line("holiday", days))
    if weekends:
        lines.append(Line("weekends", {"days": weekends}))
    for day, name in calendar.makeup_between(first, last):
        lines.append(Line("makeup", {"date": _day(day), "name": name}))
    return lines


def _on_day(
    head: str | Line,
    limit: Limit,
    anchor: datetime,
    local: datetime,
    end: int,
    steps: list[Line],
    consulted: tuple[int, int],
    calendar: Calendar,
    counting: Counting,
    *,
    ends: bool = True,
    clock: time | None = None,
) -> Due:
    """A due time on a known day: the hour, the calendar that was consulted, and whether it is provisional."""
    day = date.fromordinal(end)
    begun = _utc(anchor)
    if clock is not None:
        at = datetime.combine(day, clock, local.tzinfo)
        last = Line("ends_at", {"at": _iso(at)})
    else:
        at, last = _hour(day, calendar.is_working(end), local, counting, ends)
        if limit.value == 0 and at <= begun:
            at = datetime.combine(day, _DAY_END, local.tzinfo)
            last = Line("ends_at", {"at": _iso(at)})
    unpublished = calendar.unpublished(*consulted)
    years = range(date.fromordinal(consulted[0]).year, date.fromordinal(consulted[1]).year + 1)
    sources = [calendar.years[y].source for y in years if y in calendar.years and calendar.years[y].source]
    lines = [
        _begun(head, local) if isinstance(head, str) else head,
        *steps,
        last,
        Line("calendar", {"version": calendar.version, "sources": sources}),
    ]
    if unpublished:
        lines.append(Line("provisional", {"years": unpublished}))
    return Due(at.astimezone(UTC), limit, begun, bool(unpublished), calendar.version, tuple(lines))


def _hour(day: date, working: bool, local: datetime, counting: Counting, ends: bool) -> tuple[datetime, Line]:
    mode: str = counting.due_mode
    if mode == "midnight":
        return datetime.combine(day + timedelta(1), time(), local.tzinfo), Line("ends", {"mode": mode, "ends": ends, "time": "24:00"})
    clock = local.time()
    if mode == "close":
        mode, clock = ("close", counting.close) if working else ("day_end", _DAY_END)
    said = {"mode": mode, "ends": ends, "time": clock.isoformat("seconds" if clock.second else "minutes")}
    return datetime.combine(day, clock, local.tzinfo), Line("ends", said)


def _begun(code: str, local: datetime) -> Line:
    return Line(code, {"at": _iso(local)})


def _running(limit: Limit) -> Line:
    return Line("running", {"n": limit.value, "unit": limit.unit})


def _span(limit: Limit) -> timedelta:
    return timedelta(minutes=limit.value) if limit.unit == "min" else timedelta(hours=limit.value)


@lru_cache(64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadCounting(f"不认识的时区“{name}”", f"unknown time zone {name!r}") from None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _local(moment: datetime, counting: Counting) -> datetime:
    if moment.tzinfo is None:
        raise BadInstant(f"时间 {moment} 缺少时区", f"the instant {moment} has no offset from UTC")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise BadInstant(f"时间 {moment} 超出可计算的年份", f"the instant {moment} is beyond what can be counted")
    return moment.astimezone(_zone(counting.zone)).replace(microsecond=0)


def _due_local(due_at: datetime, counting: Counting) -> datetime:
    """The local time of a due instant. 24:00 belongs to the day it ends, though the clock shows the next."""
    local = _local(due_at, counting)
    if counting.due_mode == "midnight" and local.time() == time():
        return local - timedelta(seconds=1)
    return local


def _iso(local: datetime) -> str:
    return local.replace(tzinfo=None).isoformat()


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
