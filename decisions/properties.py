"""What a dot reaches: fields of contexts, parts of dates, times, durations and ranges, fields of each list element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from . import temporal
from .arithmetic import day_of
from .eras import split
from .fine import nanos_of, nanoseconds
from .numbers import tidy
from .temporal import NANOS, Months
from .values import Range, adopt, kind_of


def property_of(value: Any, name: str) -> Any:
    """`value.name`; null where there is no such property."""
    kind = kind_of(value)
    if kind == "list":
        return [property_of(item, name) for item in value]
    if isinstance(value, Mapping):
        return adopt(value.get(name))
    reader = _PROPERTIES.get(kind, {}).get(name)
    return reader(value) if reader is not None else None


def _second(value: Any) -> Any:
    value = split(value)[0]
    nanos = value.microsecond * 1000 + nanos_of(value)
    return tidy(Decimal(value.second * NANOS + nanos) / NANOS) if nanos else value.second


def _seconds(value: timedelta) -> Any:
    return _signed(value, lambda nanos: tidy(Decimal(nanos % (60 * NANOS)) / NANOS) or 0)


def _signed(value: timedelta, part: Callable[[int], Any]) -> Any:
    """A part of the length in nanoseconds, with the sign of the whole."""
    nanos = nanoseconds(value)
    return -part(-nanos) if nanos < 0 else part(nanos)


_DATE: dict[str, Callable[[Any], Any]] = {
    "year": lambda value: day_of(value).year,
    "month": lambda value: split(value)[0].month,
    "day": lambda value: split(value)[0].day,
    "weekday": lambda value: split(value)[0].isoweekday(),
}
_TIME: dict[str, Callable[[Any], Any]] = {
    "hour": lambda value: split(value)[0].hour,
    "minute": lambda value: split(value)[0].minute,
    "second": _second,
    "time offset": temporal.offset_of,
    "timezone": temporal.zone_name,
}
_DURATION: dict[str, Callable[[Any], Any]] = {
    "days": lambda value: _signed(value, lambda nanos: nanos // (86_400 * NANOS)),
    "hours": lambda value: _signed(value, lambda nanos: nanos // (3600 * NANOS) % 24),
    "minutes": lambda value: _signed(value, lambda nanos: nanos // (60 * NANOS) % 60),
    "seconds": _seconds,
}
_MONTHS: dict[str, Callable[[Months], Any]] = {
    "years": lambda value: int(value.months / 12),
    "months": lambda value: value.months - 12 * int(value.months / 12),
}
_RANGE: dict[str, Callable[[Range], Any]] = {
    "start": lambda value: value.low,
    "end": lambda value: value.high,
    "start included": lambda value: value.low_included,
    "end included": lambda value: value.high_included,
}
_PROPERTIES: dict[str, dict[str, Callable[[Any], Any]]] = {
    "date": _DATE,
    "time": _TIME,
    "date and time": {**_DATE, **_TIME},
    "days and time duration": _DURATION,
    "years and months duration": _MONTHS,
    "range": _RANGE,
}
