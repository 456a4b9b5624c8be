"""When demo people act: the hotline around the clock, everybody else in office hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from timers.calendar import Calendar
from timers.counting import Counting
from timers.limits import parse_limit

OPENS = time(8, 40)
LAST_MINUTES = timedelta(minutes=10)
"""Nobody in the demo hands in within this time before close of business."""


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Working days of the calendar, from `OPENS` to close of business, in the zone of the pack."""

    calendar: Calendar
    counting: Counting

    def at_work(self, at: datetime) -> datetime:
        """`at`, or the morning of the next working day with the same minutes past the hour."""
        local = at.astimezone(ZoneInfo(self.counting.zone))
        close = datetime.combine(local.date(), self.counting.close, local.tzinfo) - LAST_MINUTES
        day = local.date().toordinal()
        if local <= close and self.calendar.is_working(day):
            return max(local, datetime.combine(local.date(), OPENS, local.tzinfo) + timedelta(seconds=local.second))
        return self._on(
            self.calendar.working_after(day, 1), local, timedelta(minutes=local.minute, seconds=local.second)
        )

    def later(self, at: datetime, days: int, rng: Random) -> datetime:
        """Some time in the office hours of the `days`-th working day after `at`."""
        local = at.astimezone(ZoneInfo(self.counting.zone))
        day = self.calendar.working_after(local.date().toordinal(), days)
        return self._on(day, local, timedelta(minutes=rng.randrange(480), seconds=rng.randrange(60)))

    def earlier(self, at: datetime, days: int, rng: Random) -> datetime:
        """Some time in the morning of the `days`-th working day before `at`."""
        local = at.astimezone(ZoneInfo(self.counting.zone))
        day = self.calendar.working_before(local.date().toordinal(), days)
        return self._on(day, local, timedelta(minutes=rng.randrange(120), seconds=rng.randrange(60)))

    @staticmethod
    def _on(day: int, local: datetime, after_opening: timedelta) -> datetime:
        return datetime.combine(date.fromordinal(day), OPENS, local.tzinfo) + after_opening


def long_ago(ago: str, now: datetime, hours: OfficeHours, rng: Random) -> datetime:
    """The time `ago` (`25min`, `3h`, `6wd`) before `now`."""
    limit = parse_limit(ago)
    if limit.unit == "wd":
        return hours.earlier(now, limit.value, rng)
    return now - timedelta(minutes=limit.value * (60 if limit.unit == "h" else 1))


def step(after: str, at: datetime, hours: OfficeHours, rng: Random) -> datetime:
    """The time of an act that comes `after` (about: a third more or less) the one at `at`."""
    limit = parse_limit(after)
    if limit.unit == "wd":
        return hours.later(at, limit.value, rng)
    minutes = limit.value * (60 if limit.unit == "h" else 1)
    then = at + timedelta(seconds=round(minutes * 60 * rng.uniform(0.7, 1.3)))
    return hours.at_work(then) if limit.unit == "h" else then
