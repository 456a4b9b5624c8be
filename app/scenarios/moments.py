"""Virtual time: instants with an offset, and steps forward from the step before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, cast
from zoneinfo import ZoneInfo

from app.scenarios.lines import Node
from timers.calendar import Calendar

Unit = Literal["min", "h", "d", "wd"]
_FORWARD = re.compile(r"\+(\d{1,6})(min|h|d|wd)")
YEARS = range(1900, 2200)
"""Years in which stories can play: far enough from the ends of the calendar that every limit can be counted."""
_MOST = {"min": 999_999, "h": 999_999, "d": 36_525, "wd": 10_000}


@dataclass(frozen=True, slots=True)
class Forward:
    """`+5min`, `+2h`, `+3d`, `+10wd` after the step before; days keep the local clock time."""

    value: int
    unit: Unit

    def after(self, start: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime:
        if self.unit == "min":
            return start + timedelta(minutes=self.value)
        if self.unit == "h":
            return start + timedelta(hours=self.value)
        local = start.astimezone(zone)
        day = local.date().toordinal()
        if self.unit == "d":
            day += self.value
        elif self.value:
            day = calendar.working_after(day, self.value)
        return datetime.combine(date.fromordinal(day), local.timetz()).astimezone(UTC)


def read_instant(node: Node) -> datetime:
    """An instant of the file, in UTC. Raises `BadScenario`: not ISO 8601, or without offset."""
    written = node.text()
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or ("T" not in written.upper() and " " not in written.strip()):
        raise node.wrong(
            f"时间“{written[:40]}”无效，应写作 2026-09-29T09:50:00+08:00",
            f"bad time {written[:40]!r}; write 2026-09-29T09:50:00+08:00",
        )
    if found.tzinfo is None:
        raise node.wrong(
            f"时间“{written[:40]}”缺少时区偏移，如 +08:00",
            f"the time {written[:40]!r} lacks its offset, such as +08:00",
        )
    if found.year not in YEARS:
        raise node.wrong(f"时间“{written[:40]}”超出范围", f"the time {written[:40]!r} is out of range")
    return found.astimezone(UTC)


def read_moment(node: Node) -> datetime | Forward:
    """An instant, or a step forward. Raises `BadScenario`."""
    written = str(node.value)
    if not written.startswith("+"):
        return read_instant(node)
    found = _FORWARD.fullmatch(written)
    if found is None or int(found[1]) > _MOST[found[2]]:
        raise node.wrong(
            f"时间“{written[:40]}”无效，相对时间应写作 +5min、+2h、+3d、+10wd",
            f"bad time {written[:40]!r}; forward in time is written +5min, +2h, +3d, +10wd",
        )
    return Forward(int(found[1]), cast("Unit", found[2]))


def shown(at: datetime, zone: ZoneInfo) -> str:
    """An instant as people of the office read it: local, with its offset, without needless fractions."""
    return at.astimezone(zone).isoformat(timespec="microseconds" if at.microsecond else "seconds")
