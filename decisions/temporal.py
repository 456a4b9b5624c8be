"""Dates, times and durations of FEEL: their values, their texts, their zones.

Python's own `date`, `time`, `datetime` (zones as fixed offsets or `ZoneInfo`) and `timedelta` (days and time
duration) are FEEL values as they are; `Months` is the years and months duration.  What Python's own cannot hold
stands in `eras` (far years) and `fine` (nanoseconds).  Texts follow XML Schema, with `@Zone/Name` as FEEL adds it.
No function here reads a clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from . import fine
from .eras import Day, Moment, day_from, join, plus, split, text_of_day

_DATE = re.compile(r"(-?)([0-9]{4}|[1-9][0-9]{4,8})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z0-9_+/-]+)?"
)
_MONTHS = re.compile(r"(-?)P(?=[0-9])(?:([0-9]+)Y)?(?:([0-9]+)M)?")
_SECONDS = re.compile(
    r"(-?)P(?=[0-9T])(?:([0-9]+)D)?(?:T(?=[0-9.])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]*)?|\.[0-9]+)S)?)?"
)
MAX_MONTHS = 12 * 10**11
ONE_DAY = timedelta(days=1)
NANOS = 1_000_000_000  # in a second


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A years and months duration, counted in months (negative for the past)."""

    months: int


def parse_date(text: str) -> Day | None:
    """`2026-02-01`, `-0044-03-15`, `12026-02-01`."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    sign, year, month, day = found.groups()
    try:
        return day_from(int(sign + year), int(month), int(day))  # type: ignore[no-any-return]
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """`08:30:00`, `08:30:00.5+08:00`, `08:30:00Z`, `08:30:00@Asia/Shanghai`."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, second, fraction, zone = found.groups()
    place = None
    if zone is not None:
        place = parse_zone(zone)
        if place is None:
            return None
    try:
        nanos = nano(fraction or "")
        return fine.fine_time(time(int(hour), int(minute), int(second), nanos // 1000, place), nanos % 1000)
    except ValueError:
        return None


def nano(fraction: str) -> int:
    """Digits after the point of a second, as nanoseconds; what is finer is cut off."""
    return int((fraction + "000000000")[:9])


def parse_datetime(text: str) -> Moment | None:
    """A date, `T` and a time; a date alone is its midnight; `24:00:00` is the next day's midnight."""
    day_text, separator, time_text = text.partition("T")
    day = parse_date(day_text)
    if day is None:
        return None
    near, cycles = split(day)
    if not separator:
        return join(datetime(near.year, near.month, near.day), cycles)  # type: ignore[no-any-return]
    extra = 0
    if time_text.startswith("24:00:00"):
        time_text, extra = "00" + time_text[2:], 1
    moment = parse_time(time_text)
    if moment is None:
        return None
    return plus(join(fine.combined(near, moment), cycles), extra * ONE_DAY)  # type: ignore[no-any-return]


def parse_duration(text: str) -> Months | timedelta | None:
    """`P1Y2M` gives Months, `P1DT2H3M4.5S` gives timedelta."""
    if len(text) > 60:
        return None
    if found := _MONTHS.fullmatch(text):
        total = int(found.group(2) or 0) * 12 + int(found.group(3) or 0)
        return Months(-total if found.group(1) else total)
    if found := _SECONDS.fullmatch(text):
        if text.endswith("T"):
            return None
        try:
            days, hours, minutes = (int(found.group(part) or 0) for part in (2, 3, 4))
            length = ((days * 24 + hours) * 60 + minutes) * 60 * NANOS + int(Decimal(found.group(5) or 0) * NANOS)
            return fine.duration(-length if found.group(1) else length)
        except OverflowError:
            return None
    return None


def parse_literal(text: str) -> Day | time | Moment | Months | timedelta | None:
    """The value of `@"text"`."""
    if text.lstrip("-").startswith("P"):
        return parse_duration(text)
    if "T" in text.partition("@")[0]:
        return parse_datetime(text)
    return parse_date(text) or parse_time(text)


@lru_cache(maxsize=512)
def parse_zone(text: str) -> tzinfo | None:
    """`Z`, `+08:00` or `@Asia/Shanghai`."""
    if text == "Z":
        return UTC
    if text.startswith("@"):
        try:
            return ZoneInfo(text[1:])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return None
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    if minutes > 59 or offset > timedelta(hours=18):
        return None
    return timezone(-offset if text[0] == "-" else offset)


def offset_of(value: Moment | time) -> timedelta | None:
    """Offset from UTC, or None for a local time.  A zone's offset of a time without date is that of 1970."""
    near = split(value)[0]
    if near.tzinfo is None:
        return None
    moment = near if isinstance(near, datetime) else datetime.combine(date(1970, 1, 1), near)
    return moment.utcoffset()


def zone_name(value: Moment | time) -> str | None:
    """The IANA name of the zone, or None."""
    zone = split(value)[0].tzinfo
    if isinstance(zone, ZoneInfo):
        return zone.key
    return None


def text_of_offset(offset: timedelta) -> str:
    """`Z` or `+08:00`"""
    seconds = int(offset.total_seconds())
    if seconds == 0:
        return "Z"
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    text = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return text + (f":{seconds % 60:02d}" if seconds % 60 else "")


def text_of_time(value: time | datetime) -> str:
    """`08:30:00`, with a fraction and a zone when it has them."""
    text = f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    text += _fraction(value.microsecond * 1000 + fine.nanos_of(value))
    if isinstance(value.tzinfo, ZoneInfo):
        return f"{text}@{value.tzinfo.key}"
    offset = offset_of(value)
    return text if offset is None else text + text_of_offset(offset)


def _fraction(nanos: int) -> str:
    return f".{nanos:09d}".rstrip("0") if nanos else ""


def text_of_datetime(value: Moment) -> str:
    """`2026-02-01T08:30:00+08:00`"""
    return f"{text_of_day(value)}T{text_of_time(split(value)[0])}"


def text_of_months(value: Months) -> str:
    """`P1Y2M`"""
    total = abs(value.months)
    years, months = divmod(total, 12)
    body = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
    return ("-P" if value.months < 0 else "P") + body


def text_of_duration(value: timedelta) -> str:
    """`P1DT2H`"""
    length = fine.nanoseconds(value)
    sign = "-" if length < 0 else ""
    whole, nanos = divmod(abs(length), NANOS)
    days, whole = divmod(whole, 86_400)
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    body = f"{days}D" if days else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or nanos:
        clock += f"{seconds}{_fraction(nanos)}S"
    if clock:
        body += "T" + clock
    return f"{sign}P{body}" if body else "PT0S"
