"""How long is left, as a handler reads it in a list: a lamp and a few words.

What is due by working days is shown in working days, what runs by the clock in hours and minutes, other
limits in days. On its last day a limit in days names the hour instead. `soon` means due today, one day left,
or, by the clock, two hours or less; the lamp never stands without its words.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal, NamedTuple

from timers.calendar import Calendar
from timers.counting import Counting, due_local, local
from timers.limits import Unit
from timers.words import limit_words

Lamp = Literal["ok", "soon", "late"]

_SOON = timedelta(hours=2)


class Remaining(NamedTuple):
    """`lamp`: green, amber or red. `zh`, `en`: the words beside it."""

    lamp: Lamp
    zh: str
    en: str


def remaining(due_at: datetime, now: datetime, calendar: Calendar, counting: Counting, limit_unit: Unit) -> Remaining:
    """What is left at `now` of a limit in `limit_unit` that ends at `due_at` (both aware). At the due
    instant it is not late yet."""
    left = due_at - now
    if limit_unit in ("min", "h"):
        if left < timedelta(0):
            return _late(*_clock_words(-left))
        zh, en = _clock_words(left)
        return Remaining("soon" if left <= _SOON else "ok", f"剩{zh}", f"{en} left")
    unit: Unit = "wd" if limit_unit == "wd" else "d"
    last, today = due_local(due_at, counting), local(now, counting)
    if left < timedelta(0):
        days = _days(calendar, unit, last, today)
        return _late(*(_day_words(days, unit) if days else _clock_words(-left)))
    if today.date() >= last.date():
        # 24:00 belongs to the day before the one that the clock shows.
        hour = "24:00" if local(due_at, counting).time() == time() else f"{last:%H:%M}"
        return Remaining("soon", f"今日 {hour} 前", f"today by {hour}")
    days = _days(calendar, unit, today, last)
    zh, en = _day_words(days, unit)
    return Remaining("soon" if days <= 1 else "ok", f"剩{zh}", f"{en} left")


def _late(zh: str, en: str) -> Remaining:
    return Remaining("late", f"已超期{zh}", f"{en} overdue")


def _days(calendar: Calendar, unit: Unit, first: datetime, last: datetime) -> int:
    after, until = first.date().toordinal(), last.date().toordinal()
    return calendar.working_between(after, until) if unit == "wd" else until - after


def _day_words(days: int, unit: Unit) -> tuple[str, str]:
    return f" {limit_words(days, unit)}", limit_words(days, unit, "en")


def _clock_words(span: timedelta) -> tuple[str, str]:
    """`1 小时 40 分`; whole days first from two days on; the smaller unit is dropped when it is nought.

    The Chinese words bring the space that stands before a figure."""
    minutes = int(span.total_seconds()) // 60
    if minutes == 0:
        return "不到 1 分钟", "less than a minute"
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        days, hours = divmod(hours, 24)
        parts = (("天", "d", days), ("小时", "h", hours))
    elif hours:
        parts = (("小时", "h", hours), ("分", "min", minutes))
    else:
        parts = (("分钟", "min", minutes), ("", "", 0))
    zh = "".join(f" {n} {name}" for name, _, n in parts if n)
    return zh, " ".join(f"{n} {name}" for _, name, n in parts if n)
