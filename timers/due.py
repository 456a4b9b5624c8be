"""When a limit ends, and why.

Minutes and hours run around the clock from the anchor second. A working-day limit does not count the day of the
anchor, also when that is a day off, and ends at close of business on its last working day. Natural days, months and
years do not count it either; when they end on a day off they move to the next working day where the pack or the limit
says so, and end at close of business, or at 23:59 when the day is off; a limit with a time of day ends at that time of
its last day. Months and years end on the corresponding day, or on the month's end where there is none. A limit that
hangs on another (`before`, `after`, `extend`, `share`) counts from the local day on which that one ends. What happens
at the due instant itself is in time. The rules follow articles 200 to 204 of the Civil Code.

All functions are pure; they return a `Due`, which can tell how it was computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from math import ceil

from timers import reasons
from timers.calendar import Calendar
from timers.counting import Counting, due_local, local, utc
from timers.errors import BadLimit
from timers.limits import Limit
from timers.words import Lang, Line, sentences

__all__ = [
    "Counting",
    "Due",
    "after",
    "before",
    "capped",
    "due",
    "explain",
    "extend",
    "share",
]

_DAY_END = time(23, 59)


@dataclass(frozen=True)
class Due:
    """When a limit ends. `at`, `anchor`: aware, UTC, whole seconds. `provisional`: a year without published
    holidays was counted. `calendar`: version. `lines`: the explanation, made when first asked for."""

    at: datetime
    limit: Limit
    anchor: datetime
    provisional: bool
    calendar: str
    tell: Callable[[], Iterable[Line]] = field(repr=False, compare=False)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """What the counting did, in order; `explain` puts it into words."""
        return tuple(self.tell())


def due(limit: Limit, anchor: datetime, calendar: Calendar, counting: Counting) -> Due:
    """When `limit` ends that begins at `anchor` (aware). Raises `BadInstant`."""
    return _forward("anchor", limit, anchor, local(anchor, counting), calendar, counting)


def after(parent_at: datetime, limit: Limit, calendar: Calendar, counting: Counting) -> Due:
    """When a limit ends that follows another one ending at `parent_at`; the parent's due day is not
    counted."""
    return _forward("after", limit, parent_at, due_local(parent_at, counting), calendar, counting)


def extend(due_at: datetime, limit: Limit, calendar: Calendar, counting: Counting) -> Due:
    """The new due time of a limit that ended at `due_at` and is prolonged by `limit`."""
    return _forward("extend", limit, due_at, due_local(due_at, counting), calendar, counting)


def before(parent_at: datetime, limit: Limit, calendar: Calendar, counting: Counting) -> Due:
    """The moment `limit` before `parent_at`: for `1wd` the close of business on the last working day before
    the due day. Nothing moves off a day off here: to count backwards is not to shorten anybody's time."""
    parent = due_local(parent_at, counting)
    if limit.by_clock:
        return _by_clock("before", limit, parent_at, parent, calendar, -1)
    start = parent.date().toordinal()
    in_working_days = limit.unit == "wd"
    end = calendar.working_before(start, limit.value) if in_working_days else _nominal(parent.date(), limit, -1)
    head = partial(reasons.begun, "before", parent)
    why = partial(reasons.backwards, calendar, limit, start, end)
    return _on_day(head, why, limit, parent_at, parent, end, (end, start), calendar, counting, ends=False)


def share(
    anchor: datetime,
    due_at: datetime,
    fraction: float | Decimal | Fraction,
    limit: Limit,
    calendar: Calendar,
    counting: Counting,
) -> Due:
    """The moment at which `fraction` (between 0 and 1) of the time from `anchor` to `due_at` is left.

    `limit`: the limit that ends at `due_at`. For working days it is a close of business: the last one with at
    least that share of whole working days still to come. When that is not after the anchor, and for all other
    units, it is the share of the running time. Raises `BadLimit` for any other fraction.
    """
    part = Fraction(str(fraction))
    if not 0 < part < 1:
        raise BadLimit(f"剩余比例 {fraction} 应在 0 与 1 之间", f"share {fraction} should lie between 0 and 1")
    begin, end = local(anchor, counting), due_local(due_at, counting)
    head = partial(reasons.shared, begin, end, f"{float(part * 100):g}")
    if limit.unit == "wd":
        first, last = begin.date().toordinal(), end.date().toordinal()
        of = calendar.working_between(first, last)
        left = ceil(part * of)
        day = calendar.working_before(last, left)

        def why() -> list[Line]:
            return [reasons.left(left, of, day)]

        falls = _on_day(head, why, limit, anchor, end, day, (first + 1, last), calendar, counting, ends=False)
        if falls.at > falls.anchor:
            return falls
    begun, ended = utc(anchor), utc(due_at)
    at = (ended - (ended - begun) * float(part)).replace(microsecond=0)

    def tell() -> Iterable[Line]:
        return head(), reasons.moment("falls_at", at.astimezone(begin.tzinfo))

    return Due(at, limit, begun, False, calendar.version, tell)


def capped(found: Due, latest: datetime, counting: Counting) -> Due:
    """The same due time, but never after `latest`."""
    if found.at <= latest:
        return found

    def tell() -> Iterable[Line]:
        return *found.lines, reasons.moment("capped", due_local(latest, counting))

    return replace(found, at=utc(latest), tell=tell)


def explain(found: Due, lang: Lang = "zh") -> list[str]:
    """Sentences that say how the due time came about: anchor, days skipped and why, close, calendar."""
    return sentences(found.lines, lang)


def _forward(
    code: str,
    limit: Limit,
    anchor: datetime,
    start: datetime,
    calendar: Calendar,
    counting: Counting,
) -> Due:
    """`limit` after the local time `start`, which belongs to the instant `anchor`."""
    if limit.by_clock:
        return _by_clock(code, limit, anchor, start, calendar, 1)
    day = start.date()
    why: Callable[[], list[Line]]
    if limit.unit == "wd":
        first = day.toordinal() + 1
        end = calendar.working_after(first - 1, limit.value)
        why = partial(reasons.working, calendar, first - 1, end, limit.value)
    else:
        first = end = _nominal(day, limit, 1)
        # "The next day by 10:00" is that day, off or not, unless the limit itself says otherwise.
        by_default = counting.roll_natural_days and limit.clock is None
        roll = by_default if limit.roll is None else limit.roll
        if roll and not calendar.is_working(first):
            end = calendar.working_after(first, 1)
        why = partial(reasons.natural, calendar, limit, day, first, end)
    head = partial(reasons.begun, code, start)
    return _on_day(head, why, limit, anchor, start, end, (first, end), calendar, counting)


def _by_clock(code: str, limit: Limit, anchor: datetime, start: datetime, calendar: Calendar, sign: int) -> Due:
    begun = utc(anchor)
    at = begun + timedelta(minutes=limit.value * (60 if limit.unit == "h" else 1) * sign)

    def tell() -> Iterable[Line]:
        last = reasons.moment("ends_at" if sign > 0 else "falls_at", at.astimezone(start.tzinfo))
        return reasons.begun(code, start), reasons.running(limit), last

    return Due(at, limit, begun, False, calendar.version, tell)


def _nominal(day: date, limit: Limit, sign: int) -> int:
    """The ordinal of the day that natural days, months or years (back or forth) lead to, day off or not."""
    if limit.unit == "d":
        return day.toordinal() + sign * limit.value
    months = limit.value * (12 if limit.unit == "year" else 1) * sign
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    length = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - first).days
    return first.toordinal() + min(day.day, length) - 1


def _on_day(
    head: Callable[[], Line],
    why: Callable[[], list[Line]],
    limit: Limit,
    anchor: datetime,
    start: datetime,
    end: int,
    days: tuple[int, int],
    calendar: Calendar,
    counting: Counting,
    *,
    ends: bool = True,
) -> Due:
    """The due time on a known day. `start`: the local time counted from; `days`: the first and last day whose
    nature mattered (ordinals)."""
    day, begun = date.fromordinal(end), utc(anchor)
    mode: str = counting.due_mode
    if limit.clock is not None:
        mode, clock = "clock", limit.clock
    elif mode == "midnight":
        clock, day = time(), day + timedelta(1)
    elif mode == "same_time":
        clock = start.time()
    else:
        mode, clock = ("close", counting.close) if calendar.is_working(end) else ("day_end", _DAY_END)
    at = datetime.combine(day, clock, start.tzinfo)
    if limit.value == 0 and mode == "close" and at <= start:
        # "The same day" after close of business: what is left of it is the evening.
        mode, at = "clock", datetime.combine(day, _DAY_END, start.tzinfo)
    unpublished = calendar.unpublished(*days)

    def tell() -> Iterable[Line]:
        hour = reasons.moment("ends_at", at) if mode == "clock" else reasons.hour(mode, at.time(), ends)
        return head(), *why(), hour, *reasons.consulted(calendar, *days, unpublished)

    return Due(at.astimezone(UTC), limit, begun, bool(unpublished), calendar.version, tell)
