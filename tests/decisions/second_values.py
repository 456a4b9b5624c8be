"""Values of the second reading of FEEL, how they compare and what arithmetic and functions make of them.

Numbers are Decimal, days and time durations `Days` in nanoseconds; nothing of the compiled path is used.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import reduce
from itertools import pairwise
from typing import Any

from decisions.temporal import Months as TheirMonths

EXACT = Context(prec=34, rounding=ROUND_HALF_EVEN, Emax=6144, Emin=-6143, traps=[])
WIDE = Context(prec=200, Emax=6144, Emin=-6143, traps=[])
NANOS_OF_DAY = 86_400 * 10**9


@dataclass(frozen=True)
class Days:
    nanos: int


@dataclass(frozen=True)
class Months:
    count: int


@dataclass(frozen=True)
class Span:
    low: Any
    high: Any
    with_low: bool
    with_high: bool


def own(value: Any) -> Any:
    """A value of the tree or the caller as one of ours."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, timedelta):
        return Days(value // timedelta(microseconds=1) * 1000)
    if isinstance(value, TheirMonths):
        return Months(value.months)
    if isinstance(value, list):
        return [own(item) for item in value]
    return {key: own(item) for key, item in value.items()} if isinstance(value, dict) else value


def kind(value: Any) -> str:
    if callable(value):
        return "function"
    names = {
        type(None): "null", bool: "boolean", Decimal: "number", str: "string", date: "date", list: "list",
        dict: "context", Span: "range", Days: "days and time duration", Months: "years and months duration",
    }  # fmt: skip
    return names[type(value)]


# comparisons


def equal(one: Any, other: Any) -> bool | None:
    if one is None or other is None:
        return one is None and other is None
    if kind(one) != kind(other):
        return None
    if kind(one) == "list":
        return len(one) == len(other) and all(equal(*pair) is True for pair in zip(one, other, strict=True))
    if kind(one) == "context":
        return set(one) == set(other) and all(equal(one[key], other[key]) is True for key in one)
    return bool(one == other)


def less(one: Any, other: Any) -> bool | None:
    if kind(one) != kind(other) or kind(one) in ("null", "boolean", "list", "context", "range", "function"):
        return None
    if isinstance(one, Days):
        return bool(one.nanos < other.nanos)
    return bool(one.count < other.count if isinstance(one, Months) else one < other)


def at_most(one: Any, other: Any) -> bool | None:
    return None if less(one, other) is None else less(one, other) or equal(one, other)


def conjunction(*terms: bool | None) -> bool | None:
    return False if False in terms else None if any(term is not True for term in terms) else True


def contains(span: Span, value: Any) -> bool | None:
    above = True if span.low is None else (at_most if span.with_low else less)(span.low, value)
    below = True if span.high is None else (at_most if span.with_high else less)(value, span.high)
    return None if above is None or below is None else above and below


def compare(operator: str, one: Any, other: Any) -> bool | None:
    if operator in ("=", "!="):
        same = equal(one, other)
        return same if operator == "=" or same is None else not same
    if operator in (">", ">="):
        one, other = other, one
    return (less if operator in ("<", ">") else at_most)(one, other)


def satisfies(value: Any, wanted: Any) -> bool | None:
    """Whether a value satisfies a test that is a value."""
    if isinstance(wanted, Span) and not isinstance(value, Span):
        return contains(wanted, value)
    if isinstance(wanted, list):
        if isinstance(value, list):
            return equal(value, wanted) is True or any(equal(value, item) is True for item in wanted)
        return any(satisfies(value, item) is True for item in wanted)
    if isinstance(value, list) and len(value) == 1:
        return satisfies(value[0], wanted)
    return equal(value, wanted)


# arithmetic


def number(value: Decimal) -> Decimal | None:
    return value if value.is_finite() else None


def days(nanos: Decimal | int | None) -> Days | None:
    if nanos is None:
        return None
    whole = int(Decimal(nanos).to_integral_value(ROUND_HALF_EVEN))
    return Days(whole) if abs(whole // NANOS_OF_DAY) <= 999_999_999 else None


class BeyondPython(Exception):
    """A date outside the years 1 to 9999."""


def later(day: date, length: Any, sign: int) -> date:
    if isinstance(length, Days):
        ordinal = day.toordinal() + sign * length.nanos // NANOS_OF_DAY
        if not 1 <= ordinal <= date.max.toordinal():
            raise BeyondPython
        return date.fromordinal(ordinal)
    year, month = divmod(day.year * 12 + day.month - 1 + sign * length.count, 12)
    if not 1 <= year <= 9999:
        raise BeyondPython
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def arithmetic(operator: str, one: Any, other: Any) -> Any:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        if operator == "**" and one == other == 0:
            return Decimal(1)
        if operator == "/" and other == 0:
            return None
        work = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply, "/": EXACT.divide, "**": EXACT.power}
        return number(work[operator](one, other))
    if operator == "+" and isinstance(one, str) and isinstance(other, str):
        return one + other
    if operator in ("+", "-"):
        return _sum(one, other, 1 if operator == "+" else -1)
    if operator == "*" and isinstance(one, Decimal):
        one, other = other, one
    if operator in ("*", "/") and isinstance(one, Days) and isinstance(other, Decimal):
        return days(arithmetic(operator, Decimal(one.nanos), other))
    if operator in ("*", "/") and isinstance(one, Months) and isinstance(other, Decimal):
        months = arithmetic(operator, Decimal(one.count), other)
        return None if months is None or abs(months) > 12 * 10**11 else Months(int(months))
    if operator == "/" and isinstance(one, Days) and isinstance(other, Days):
        return arithmetic("/", Decimal(one.nanos), Decimal(other.nanos))
    if operator == "/" and isinstance(one, Months) and isinstance(other, Months):
        return arithmetic("/", Decimal(one.count), Decimal(other.count))
    return None


def _sum(one: Any, other: Any, sign: int) -> Any:
    if sign > 0 and isinstance(one, (Days, Months)) and isinstance(other, date):
        one, other = other, one
    if isinstance(one, date) and isinstance(other, (Days, Months)):
        return later(one, other, sign)
    if isinstance(one, date) and isinstance(other, date) and sign < 0:
        return Days((one - other).days * NANOS_OF_DAY)
    if isinstance(one, Days) and isinstance(other, Days):
        return days(one.nanos + sign * other.nanos)
    return Months(one.count + sign * other.count) if isinstance(one, Months) and isinstance(other, Months) else None


# built-in functions: each takes its arguments as they are


def _listed(arguments: tuple[Any, ...]) -> list[Any] | None:
    if len(arguments) == 1 and (isinstance(arguments[0], list) or arguments[0] is None):
        return arguments[0]
    return list(arguments)


def _only(value: Any) -> Any:
    return _only(value[0]) if isinstance(value, list) and len(value) == 1 else value


def _total(*arguments: Any) -> Any:
    items = _listed(arguments)
    if not items:
        return None
    if len({kind(item) for item in items}) == 1 and isinstance(items[0], (Days, Months)):
        return reduce(lambda one, other: arithmetic("+", one, other), items)
    if not all(isinstance(item, Decimal) for item in items):
        return None
    result = Decimal(0)
    for item in items:
        result = WIDE.add(result, item)
    return number(EXACT.plus(result))


def _extreme(pick: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def run(*arguments: Any) -> Any:
        items = _listed(arguments)
        comparable = items and all(less(one, other) is not None for one, other in pairwise([items[0], *items]))
        return pick(items) if items and comparable and kind(items[0]) in ("number", "string", "date") else None

    return run


def _not(value: Any) -> bool | None:
    truth = _only(value)
    return not truth if isinstance(truth, bool) else None


def _length(text: Any) -> Decimal | None:
    found = _only(text)
    return Decimal(len(found)) if isinstance(found, str) else None


def _count(value: Any) -> Decimal | None:
    return None if value is None else Decimal(len(value)) if isinstance(value, list) else Decimal(1)


def _reverse(value: Any) -> list[Any] | None:
    return None if value is None else value[::-1] if isinstance(value, list) else [value]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "not": _not, "count": _count, "sum": _total, "max": _extreme(max), "min": _extreme(min),
    "string length": _length, "reverse": _reverse,
}  # fmt: skip
