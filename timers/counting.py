"""How a pack counts: time zone, close of business, when a last day ends; and local time under these rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from timers.errors import BadCounting, BadInstant

DueMode = Literal["close", "midnight", "same_time"]

# Wide enough for any order and its retention; beyond it an instant is a slip of the pen.
_FIRST_YEAR, _LAST_YEAR = 1900, 2900


@dataclass(frozen=True, slots=True)
class Counting:
    """`close`: local close of business. `due_mode`: on its last day a limit ends at close, at 24:00, or at
    the anchor's time of day. `roll_natural_days`: natural days, months and years that end on a day off move
    to the next working day, unless the limit says otherwise. Raises `BadCounting`."""

    zone: str = "Asia/Shanghai"
    close: time = time(17, 30)
    due_mode: DueMode = "close"
    roll_natural_days: bool = True

    def __post_init__(self) -> None:
        zone(self.zone)
        if self.due_mode not in get_args(DueMode):
            raise BadCounting(
                f"到期方式“{self.due_mode}”应为 close、midnight 或 same_time",
                f"due mode {self.due_mode!r} should be close, midnight or same_time",
            )


@lru_cache(64)
def zone(name: str) -> ZoneInfo:
    """The time zone with an IANA name. Raises `BadCounting`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadCounting(f"不认识的时区“{name}”", f"unknown time zone {name!r}") from None


def utc(moment: datetime) -> datetime:
    """The instant in UTC, in whole seconds: limits run from the anchor second."""
    return _whole(moment.astimezone(UTC))


def local(moment: datetime, counting: Counting) -> datetime:
    """The instant in the pack's zone, in whole seconds. Raises `BadInstant` if it is not aware."""
    if moment.tzinfo is None:
        raise BadInstant(f"时间 {moment} 缺少时区", f"the instant {moment} has no offset from UTC")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise BadInstant(f"时间 {moment} 超出可计算的年份", f"the instant {moment} is beyond what is counted")
    return _whole(moment.astimezone(zone(counting.zone)))


def due_local(due_at: datetime, counting: Counting) -> datetime:
    """The local time of a due instant. 24:00 belongs to the day that it ends, though clocks show the next."""
    at = local(due_at, counting)
    if counting.due_mode == "midnight" and at.time() == time():
        return at - timedelta(seconds=1)
    return at


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0) if moment.microsecond else moment
