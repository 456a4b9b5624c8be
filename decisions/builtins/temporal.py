"""Making and taking apart dates, times and durations.

`now` and `today` are not here: they need a clock, and a room without one.  Whoever has a logical time hands them in
as domain functions.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from .. import eras, fine, temporal
from ..arithmetic import day_of, midnight
from ..eras import Day, Moment
from ..numbers import Number, whole
from ..temporal import Months
from .signatures import built_in


@built_in("date", "from: string")
def date_from_text(text: str) -> Day | None:
    """`date("2026-02-01")`"""
    return temporal.parse_date(text)


@built_in("date", "from: date|date and time")
def date_of(value: Any) -> Any:
    """The date of a date and time."""
    return day_of(value)


@built_in("date", "year: number, month: number, day: number")
def date_from_parts(year: Number, month: Number, day: Number) -> Any:
    """`date(2026, 2, 1)`"""
    parts = whole(year), whole(month), whole(day)
    if parts[0] is None or parts[1] is None or parts[2] is None:
        return None
    try:
        return eras.day_from(parts[0], parts[1], parts[2])
    except (ValueError, OverflowError):
        return None


@built_in("time", "from: string")
def time_from_text(text: str) -> time | None:
    """`time("08:30:00")`"""
    return temporal.parse_time(text)


@built_in("time", "from: time|date and time|date")
def time_of(value: Any) -> time:
    """The time of a date and time; a date's is midnight in UTC."""
    if isinstance(value, time):
        return value
    near = eras.split(value)[0]
    if isinstance(near, datetime):
        return near.timetz()
    return time(0, tzinfo=UTC)


@built_in("time", "hour: number, minute: number, second: number, offset?: ?days and time duration")
def time_from_parts(hour: Number, minute: Number, second: Number, offset: timedelta | None = None) -> time | None:
    """`time(8, 30, 0)`, with an offset from UTC if wanted."""
    whole_hour, whole_minute = whole(hour), whole(minute)
    nanos = Decimal(second) * temporal.NANOS
    if whole_hour is None or whole_minute is None or not 0 <= nanos < 60 * temporal.NANOS:
        return None
    if offset is not None and abs(offset) > timedelta(hours=18):
        return None
    seconds, fraction = divmod(int(nanos), temporal.NANOS)
    zone = None if offset is None else timezone(offset)
    try:
        return fine.fine_time(time(whole_hour, whole_minute, seconds, fraction // 1000, zone), fraction % 1000)
    except (ValueError, OverflowError):
        return None


@built_in("date and time", "from: string")
def datetime_from_text(text: str) -> Moment | None:
    """`date and time("2026-02-01T08:30:00")`"""
    return temporal.parse_datetime(text)


@built_in("date and time", "from: date|date and time")
def datetime_of(value: Any) -> Any:
    """A date and time as it is; a date as its midnight in UTC."""
    return midnight(value)


@built_in("date and time", "date: date|date and time, time: time")
def datetime_from_parts(day: Any, moment: time) -> Any:
    """The date of one with the time of the other."""
    near, cycles = eras.split(day)
    return eras.join(fine.combined(date(near.year, near.month, near.day), moment), cycles)


@built_in("date and time", "date: date and time, timezone: string")
def datetime_in_zone(value: Any, zone: str) -> Any:
    """The same instant seen from another zone."""
    found = temporal.parse_zone("@" + zone)
    near, cycles = eras.split(value)
    if found is None or near.tzinfo is None:
        return None
    try:
        return eras.join(near.astimezone(found), cycles)
    except OverflowError:
        return None


@built_in("duration", "from: string")
def duration_from_text(text: str) -> Months | timedelta | None:
    """`duration("P1DT2H")`"""
    return temporal.parse_duration(text)


@built_in("duration", "from: days and time duration|years and months duration")
def duration_of(value: Months | timedelta) -> Months | timedelta:
    """A duration as it is."""
    return value


@built_in("years and months duration", "from: date|date and time, to: date|date and time")
def months_between(start: Any, end: Any) -> Months:
    """The whole months between two dates; the time of day does not count."""
    start, end = day_of(start), day_of(end)
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return Months(months)


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@built_in("day of week", "date: date|date and time")
def day_of_week(value: Any) -> str:
    """The English name of the day."""
    return _WEEKDAYS[eras.split(value)[0].weekday()]


@built_in("day of year", "date: date|date and time")
def day_of_year(value: Any) -> int:
    """1 for 1 January."""
    return int(eras.split(value)[0].timetuple().tm_yday)


@built_in("month of year", "date: date|date and time")
def month_of_year(value: Any) -> str:
    """The English name of the month."""
    return _MONTHS[eras.split(value)[0].month - 1]


@built_in("week of year", "date: date|date and time")
def week_of_year(value: Any) -> int:
    """The ISO 8601 week."""
    return int(eras.split(value)[0].isocalendar().week)


@built_in("last day of month", "date: date|date and time")
def last_day_of_month(value: Any) -> int:
    """28 to 31."""
    near = eras.split(value)[0]
    return calendar.monthrange(near.year, near.month)[1]
