"""`+ - * / **` and unary minus over every kind of value; what has no meaning is null.

Adding months keeps the day within the month (31 January + 1 month is 28 or 29 February).  A date met by a date
and time counts as its midnight in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from . import eras, fine, numbers, temporal
from .fine import nanoseconds
from .limits import checked_string
from .temporal import Months
from .values import adopt, kind_of, moment_key

_DAYS = "days and time duration"
_MONTHS = "years and months duration"


def add(left: Any, right: Any) -> Any:
    """left + right"""
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("number", "number"):
        return _numeric(numbers.add, left, right)
    if kinds == ("string", "string"):
        checked_string(len(left) + len(right))
        return left + right
    if kinds[0] in (_DAYS, _MONTHS) and kinds[1] not in (_DAYS, _MONTHS):
        left, right, kinds = right, left, (kinds[1], kinds[0])
    return _shift(left, right, kinds, 1)


def subtract(left: Any, right: Any) -> Any:
    """left - right"""
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("number", "number"):
        return _numeric(numbers.subtract, left, right)
    if kinds[0] in ("date", "date and time") and kinds[1] in ("date", "date and time"):
        return _difference(left, right)
    if kinds == ("time", "time"):
        one, other = moment_key(left), moment_key(right)
        return fine.duration(one[1] - other[1]) if one[0] == other[0] else None
    return _shift(left, right, kinds, -1)


def multiply(left: Any, right: Any) -> Any:
    """left * right"""
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("number", "number"):
        return _numeric(numbers.multiply, left, right)
    if kinds[0] == "number":
        left, right, kinds = right, left, (kinds[1], kinds[0])
    if kinds == (_DAYS, "number"):
        return _from_nanos(_numeric(numbers.multiply, nanoseconds(left), right))
    if kinds == (_MONTHS, "number"):
        return _from_months(_numeric(numbers.multiply, left.months, right))
    return None


def divide(left: Any, right: Any) -> Any:
    """left / right"""
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("number", "number"):
        return _numeric(numbers.divide, left, right)
    if kinds == (_DAYS, "number"):
        return _from_nanos(_numeric(numbers.divide, nanoseconds(left), right))
    if kinds == (_MONTHS, "number"):
        return _from_months(_numeric(numbers.divide, left.months, right))
    if kinds == (_DAYS, _DAYS):
        return numbers.divide(nanoseconds(left), nanoseconds(right))
    if kinds == (_MONTHS, _MONTHS):
        return numbers.divide(left.months, right.months)
    return None


def power(left: Any, right: Any) -> Any:
    """left ** right"""
    if kind_of(left) == kind_of(right) == "number":
        return _numeric(numbers.power, left, right)
    return None


def negate(value: Any) -> Any:
    """-value"""
    kind = kind_of(value)
    if kind == "number":
        number = adopt(value)
        return None if number is None else -number
    if kind == _DAYS:
        return _from_nanos(-nanoseconds(value))
    if kind == _MONTHS:
        return Months(-value.months)
    return None


def _numeric(operation: Any, left: Any, right: Any) -> Any:
    left, right = adopt(left), adopt(right)
    return None if left is None or right is None else operation(left, right)


def _from_nanos(count: Any) -> timedelta | None:
    if count is None:
        return None
    try:
        return fine.duration(int(Decimal(count).to_integral_value(ROUND_HALF_EVEN)))
    except OverflowError:
        return None


def _from_months(count: Any) -> Months | None:
    return None if count is None or abs(count) > temporal.MAX_MONTHS else Months(int(count))


def _shift(value: Any, by: Any, kinds: tuple[str, str], sign: int) -> Any:
    if kinds[1] == _DAYS:
        if kinds[0] in ("date", "date and time"):
            length = by if sign > 0 else negate(by)
            return None if length is None else _plus_days(value, length, kinds[0])
        if kinds[0] == _DAYS:
            return _from_nanos(nanoseconds(value) + sign * nanoseconds(by))
        if kinds[0] == "time":
            length = sign * nanoseconds(by) % nanoseconds(temporal.ONE_DAY)
            local = fine.combined(date(2000, 1, 1), value.replace(tzinfo=None))
            return fine.moved(local, timedelta(0), length).timetz().replace(tzinfo=value.tzinfo)
    elif kinds[1] == _MONTHS:
        if kinds[0] == _MONTHS:
            return _from_months(value.months + sign * by.months)
        if kinds[0] in ("date", "date and time"):
            return eras.plus_months(value, sign * by.months)
    return None


def _plus_days(value: Any, by: timedelta, kind: str) -> Any:
    if kind == "date and time":
        return eras.plus(value, by)
    near, cycles = eras.split(value)
    moved = eras.plus(eras.join(datetime(near.year, near.month, near.day), cycles), by)
    return None if moved is None else day_of(moved)


def day_of(value: Any) -> Any:
    """The date of a date or date and time."""
    near, cycles = eras.split(value)
    return eras.join(date(near.year, near.month, near.day), cycles)


def midnight(day: Any) -> Any:
    """A date as a date and time: midnight in UTC; a date and time stays."""
    if isinstance(day, datetime | eras.FarDateTime):
        return day
    near, cycles = eras.split(day)
    return eras.join(datetime(near.year, near.month, near.day, tzinfo=UTC), cycles)


def _difference(left: Any, right: Any) -> timedelta | None:
    one, other = moment_key(midnight(left)), moment_key(midnight(right))
    return _from_nanos(one[1] - other[1]) if one[0] == other[0] else None
