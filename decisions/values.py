"""Values of FEEL, how they compare, and how they are written.

Null is None; numbers are int or Decimal; strings, booleans, lists and contexts (dict) are Python's; temporal
values see `temporal`.  Only ranges and functions need classes of their own.  Comparing what cannot be compared
gives null (None), never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from . import numbers, temporal
from .eras import FarDate, FarDateTime, Moment, day_number, split, text_of_day
from .fine import FineDateTime, FineDuration, FineTime, nanos_of, nanoseconds
from .limits import MAX_STRING, Work, checked_string
from .temporal import Months


@dataclass(frozen=True, slots=True)
class Range:
    """An interval of comparable values; an end that is None (`low_included` false) is open to infinity."""

    low: Any
    high: Any
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function value: parameter names, the code that takes the arguments in that order, and its type if typed.

    `call(work, arguments)` returns the result; `arity` is the least number of arguments.
    """

    name: str
    parameters: tuple[str, ...]
    call: Callable[[Any, list[Any]], Any]
    type: Any = None
    variadic: bool = False


def adopt(value: Any) -> Any:
    """A caller's value as a FEEL value: floats become decimals, tuples and sets lists, other mappings stay."""
    kind = type(value)
    if kind is float:
        return numbers.from_float(value)
    if kind is tuple:
        return list(value)
    if kind is set or kind is frozenset:
        return sorted(value, key=str)
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return value


# Types that need no adopting, looked at first because nearly every value is one of them.
PLAIN = frozenset(
    {
        type(None),
        bool,
        int,
        str,
        list,
        dict,
        date,
        time,
        datetime,
        timedelta,
        Months,
        Range,
        Function,
        FarDate,
        FarDateTime,
    }
)


def kind_of(value: Any) -> str:
    """The name of the FEEL type of a value; `` for what is no FEEL value."""
    found = _KINDS.get(type(value))
    if found is not None:
        return found
    for types, name in _BASES:
        if isinstance(value, types):
            return name
    return ""


_KINDS: dict[type, str] = {
    type(None): "null", bool: "boolean", int: "number", Decimal: "number", float: "number", str: "string",
    date: "date", FarDate: "date", datetime: "date and time", FarDateTime: "date and time", time: "time",
    timedelta: "days and time duration", FineTime: "time", FineDateTime: "date and time",
    FineDuration: "days and time duration",
    Months: "years and months duration", list: "list", tuple: "list", dict: "context", Range: "range",
    Function: "function",
}  # fmt: skip
_BASES: tuple[tuple[Any, str], ...] = (
    (bool, "boolean"), ((int, Decimal), "number"), (str, "string"), (datetime, "date and time"), (date, "date"),
    (time, "time"), (timedelta, "days and time duration"), (Mapping, "context"),
    ((list, tuple, set, frozenset), "list"),
)  # fmt: skip


def equal(left: Any, right: Any, work: Work | None = None) -> bool | None:
    """FEEL `=`: null for values of different types. Each element of a list or context takes a step of the work."""
    if left is None or right is None:
        return left is right
    kind = kind_of(left)
    if kind != kind_of(right):
        return None
    if kind == "list":
        return _equal_lists(left, right, work or Work({}))
    if kind == "context":
        return _equal_contexts(left, right, work or Work({}))
    if kind == "range":
        return _equal_ranges(left, right)
    if kind == "date and time" or kind == "time":
        return moment_key(left) == moment_key(right)
    if kind == "function":
        return left is right
    return bool(adopt(left) == adopt(right))


def _equal_lists(left: Any, right: Any, work: Work) -> bool:
    if len(left) != len(right):
        return False
    work.spend(len(left) + 1)
    return all(equal(one, other, work) is True for one, other in zip(left, right, strict=True))


def _equal_contexts(left: Any, right: Any, work: Work) -> bool:
    if set(left) != set(right):
        return False
    work.spend(len(left) + 1)
    return all(equal(left[key], right[key], work) is True for key in left)


def _equal_ranges(left: Range, right: Range) -> bool:
    same_ends = equal(left.low, right.low) is True and equal(left.high, right.high) is True
    return same_ends and (left.low_included, left.high_included) == (right.low_included, right.high_included)


def moment_key(value: Moment | time) -> tuple[bool, int]:
    """What two times, or two dates and times, are ordered by, in nanoseconds: zoned ones by their instant."""
    offset = temporal.offset_of(value)
    days = 0 if isinstance(value, time) else day_number(value)
    near = split(value)[0]
    seconds = ((days * 24 + near.hour) * 60 + near.minute) * 60 + near.second
    nanos = seconds * 1_000_000_000 + near.microsecond * 1000 + nanos_of(near)
    return (offset is not None, nanos - nanoseconds(offset) if offset else nanos)


_ORDERED = frozenset(
    {
        "number",
        "string",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    }
)


def less(left: Any, right: Any) -> bool | None:
    """FEEL `<`: null for values of different or unordered types."""
    kind = kind_of(left)
    if kind not in _ORDERED or kind != kind_of(right):
        return None
    if kind == "date and time" or kind == "time":
        one, other = moment_key(left), moment_key(right)
        return bool(one[1] < other[1]) if one[0] == other[0] else None
    if kind == "date":
        return day_number(left) < day_number(right)
    if kind == "days and time duration":
        return nanoseconds(left) < nanoseconds(right)
    return bool(adopt(left) < adopt(right))


def less_or_equal(left: Any, right: Any) -> bool | None:
    """FEEL `<=`"""
    below = less(left, right)
    return below if below is not False else equal(left, right)


def inside(value: Any, interval: Range) -> bool | None:
    """Whether a range contains a value; null when they cannot be compared."""
    above: bool | None = True
    below: bool | None = True
    if interval.low is not None:
        above = (less_or_equal if interval.low_included else less)(interval.low, value)
    if interval.high is not None:
        below = (less_or_equal if interval.high_included else less)(value, interval.high)
    if above is None or below is None:
        return None
    return above and below


def both(left: Any, right: Any) -> bool | None:
    """Ternary `and`."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def text_of(value: Any, *, inner: bool = False) -> str | None:
    """FEEL `string(value)`; strings inside lists and contexts are quoted; null for null.

    Raises FeelLimitError for a text beyond the limit: parts may be shared, so that small values have huge texts.
    """
    if value is None and not inner:
        return None
    if type(value) is str and not inner:
        return value
    text = _Writer().written(value)
    return text if inner or not text.startswith('@"') else text[2:-1]


class _Writer:
    """Puts a text together, and stops when it grows too long."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._room = MAX_STRING

    def written(self, value: Any) -> str:
        self._write(value)
        return "".join(self._pieces)

    def _add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._room -= len(piece) + 4  # parts without text take time, too
        if self._room < 0:
            checked_string(MAX_STRING + 1)

    def _write(self, value: Any) -> None:
        kind = kind_of(value)
        if kind == "list":
            self._add("[")
            for index, item in enumerate(value):
                if index:
                    self._add(", ")
                self._write(item)
            self._add("]")
        elif kind == "context":
            self._add("{")
            for index, (key, item) in enumerate(value.items()):
                self._add(f"{', ' if index else ''}{_key(key)}: ")
                self._write(item)
            self._add("}")
        elif kind == "range":
            self._add("[" if value.low_included else "(")
            if value.low is not None:
                self._write(value.low)
            self._add("..")
            if value.high is not None:
                self._write(value.high)
            self._add("]" if value.high_included else ")")
        else:
            self._add(_simple(value, kind))


def _simple(value: Any, kind: str) -> str:
    if kind == "string":
        escaped: str = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "number":
        number = adopt(value)
        return "null" if number is None else numbers.text_of(number)
    if kind == "function":
        return f"function({', '.join(value.parameters)})"
    text = iso(value)
    return "null" if text is None else f'@"{text}"'


def _key(key: str) -> str:
    return key if key and all(char not in '{}[]():,"' for char in key) else f'"{key}"'


def iso(value: Any) -> str | None:
    """The ISO 8601 text of a temporal value."""
    if isinstance(value, datetime | FarDateTime):
        return temporal.text_of_datetime(value)
    if isinstance(value, date | FarDate):
        return text_of_day(value)
    if isinstance(value, time):
        return temporal.text_of_time(value)
    if isinstance(value, Months):
        return temporal.text_of_months(value)
    if isinstance(value, timedelta):
        return temporal.text_of_duration(value)
    return None


def to_plain(value: Any) -> Any:
    """A FEEL value as JSON can hold it.

    Integral numbers become int, other numbers float, temporal values and ranges text, functions their name.
    Raises FeelLimitError for a value of too many parts.
    """
    return _plain(value, Work({}))


def _plain(value: Any, work: Work) -> Any:
    kind = kind_of(value)
    if kind == "number":
        integer = numbers.whole(value)
        return integer if integer is not None else float(value)
    if kind == "list":
        work.spend(len(value))
        return [_plain(item, work) for item in value]
    if kind == "context":
        work.spend(len(value))
        return {str(key): _plain(item, work) for key, item in value.items()}
    if kind in ("null", "boolean", "string"):
        return value
    return text_of(value)
