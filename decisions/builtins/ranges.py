"""`range` from text, and the relations of Allen between points and ranges."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .. import temporal
from ..errors import FeelLimitError
from ..limits import Work
from ..values import Range, equal, kind_of, less
from .conversions import number
from .signatures import F, built_in

MAX_RANGE = 1_000  # characters of the text of a range
_CALL = re.compile(r'(date and time|date|time|duration)\s*\(\s*"([^"]*)"\s*\)')


@built_in("range", "from: string", work=True)
def range_from_text(work: Work, text: str) -> Range | None:
    """The range a text such as `[1..5)` stands for; its ends are literals. Raises FeelLimitError."""
    work.spend(5)
    if len(text) > MAX_RANGE:
        zh, en = f"区间文本超过 {MAX_RANGE} 个字符", f"the text of a range exceeds {MAX_RANGE} characters"
        raise FeelLimitError(zh, en)
    text = text.strip()
    first, dots, second = text[1:-1].partition("..")
    first, second = first.strip(), second.strip()
    if not dots or text[0] not in "[(]" or text[-1] not in "])[" or not (first or second):
        return None
    low, high = _endpoint(first), _endpoint(second)
    if (first and low is None) or (second and high is None):
        return None
    opening, closing = text[0] == "[", text[-1] == "]"
    if (low is None and opening) or (high is None and closing):
        return None
    if low is not None and high is not None and less(high, low) is not False:
        return None
    return Range(low, high, opening, closing)


def _endpoint(text: str) -> Any:
    if text.startswith('"') and text.endswith('"') and len(text) > 1 and '"' not in text[1:-1]:
        return text[1:-1]
    if text.startswith('@"') and text.endswith('"'):
        return temporal.parse_literal(text[2:-1])
    if found := _CALL.fullmatch(text):
        readers: dict[str, Callable[[str], Any]] = {
            "date": temporal.parse_date, "time": temporal.parse_time,
            "date and time": temporal.parse_datetime, "duration": temporal.parse_duration,
        }  # fmt: skip
        return readers[found.group(1)](found.group(2))
    return number(text)


def _ends(value: Any) -> tuple[Any, Any, bool, bool]:
    if isinstance(value, Range):
        return value.low, value.high, value.low_included, value.high_included
    return value, value, True, True


def _before(one: Any, other: Any) -> bool | None:
    _, end, _, end_in = _ends(one)
    start, _, start_in, _ = _ends(other)
    if end is None or start is None:
        return False if kind_of(one) == "range" or kind_of(other) == "range" else None
    below = less(end, start)
    if below is None or below:
        return below
    return equal(end, start) is True and not (end_in and start_in)


def _relation(name: str, first: str, second: str) -> Callable[[F], F]:
    """Register a relation under its one signature of kinds, `point` or `range`."""
    points = "number|string|date|time|date and time|days and time duration|years and months duration"
    kinds = {"point": points, "range": "range"}

    def register(function: F) -> F:
        one, other = (first, second) if first != second else (f"{first}1", f"{second}2")
        built_in(name, f"{one}: {kinds[first]}, {other}: {kinds[second]}")(function)
        return function

    return register


@_relation("before", "point", "point")
@_relation("before", "point", "range")
@_relation("before", "range", "point")
@_relation("before", "range", "range")
def before(one: Any, other: Any) -> bool | None:
    """Ends before the other starts."""
    return _before(one, other)


@_relation("after", "point", "point")
@_relation("after", "point", "range")
@_relation("after", "range", "point")
@_relation("after", "range", "range")
def after(one: Any, other: Any) -> bool | None:
    """Starts after the other ends."""
    return _before(other, one)


@_relation("meets", "range", "range")
def meets(one: Range, other: Range) -> bool | None:
    """The end of the first is the start of the second."""
    return one.high_included and other.low_included and equal(one.high, other.low)


@_relation("met by", "range", "range")
def met_by(one: Range, other: Range) -> bool | None:
    """The start of the first is the end of the second."""
    return meets(other, one)


def _low_key(one: Range, other: Range) -> int | None:
    """-1, 0, 1: where the first starts against the second."""
    if equal(one.low, other.low) is True:
        return int(other.low_included) - int(one.low_included)
    if one.low is None or other.low is None:
        return -1 if one.low is None else 1
    below = less(one.low, other.low)
    return None if below is None else -1 if below else 1


def _high_key(one: Range, other: Range) -> int | None:
    """-1, 0, 1: where the first ends against the second."""
    if equal(one.high, other.high) is True:
        return int(one.high_included) - int(other.high_included)
    if one.high is None or other.high is None:
        return 1 if one.high is None else -1
    below = less(one.high, other.high)
    return None if below is None else -1 if below else 1


@_relation("overlaps", "range", "range")
def overlaps(one: Range, other: Range) -> bool | None:
    """Some value lies in both."""
    first, second = _before(one, other), _before(other, one)
    return None if first is None or second is None else not first and not second


@_relation("overlaps before", "range", "range")
def overlaps_before(one: Range, other: Range) -> bool | None:
    """Starts earlier and ends within the other."""
    low, high, shared = _low_key(one, other), _high_key(one, other), overlaps(one, other)
    return None if low is None or high is None else low < 0 and high < 0 and shared is True


@_relation("overlaps after", "range", "range")
def overlaps_after(one: Range, other: Range) -> bool | None:
    """Starts within the other and ends later."""
    return overlaps_before(other, one)


@_relation("finishes", "point", "range")
def point_finishes(point: Any, interval: Range) -> bool | None:
    """The point is the last of the range."""
    return equal(point, interval.high) if interval.high_included else False


@_relation("finishes", "range", "range")
def finishes(one: Range, other: Range) -> bool | None:
    """Ends with the other and starts within it."""
    low, high = _low_key(one, other), _high_key(one, other)
    return None if low is None or high is None else high == 0 and low >= 0


@_relation("finished by", "range", "point")
def finished_by_point(interval: Range, point: Any) -> bool | None:
    """The range ends with the point."""
    return point_finishes(point, interval)


@_relation("finished by", "range", "range")
def finished_by(one: Range, other: Range) -> bool | None:
    """The other finishes this one."""
    return finishes(other, one)


@_relation("includes", "range", "point")
def includes_point(interval: Range, point: Any) -> bool | None:
    """The range contains the point."""
    first, second = _before(interval, point), _before(point, interval)
    return None if first is None or second is None else not first and not second


@_relation("includes", "range", "range")
def includes(one: Range, other: Range) -> bool | None:
    """The first range contains the second."""
    low, high = _low_key(one, other), _high_key(one, other)
    return None if low is None or high is None else low <= 0 and high >= 0


@_relation("during", "point", "range")
def point_during(point: Any, interval: Range) -> bool | None:
    """The point lies in the range."""
    return includes_point(interval, point)


@_relation("during", "range", "range")
def during(one: Range, other: Range) -> bool | None:
    """The first range lies in the second."""
    return includes(other, one)


@_relation("starts", "point", "range")
def point_starts(point: Any, interval: Range) -> bool | None:
    """The point is the first of the range."""
    return equal(point, interval.low) if interval.low_included else False


@_relation("starts", "range", "range")
def starts(one: Range, other: Range) -> bool | None:
    """Starts with the other and ends within it."""
    low, high = _low_key(one, other), _high_key(one, other)
    return None if low is None or high is None else low == 0 and high <= 0


@_relation("started by", "range", "point")
def started_by_point(interval: Range, point: Any) -> bool | None:
    """The range starts with the point."""
    return point_starts(point, interval)


@_relation("started by", "range", "range")
def started_by(one: Range, other: Range) -> bool | None:
    """The other starts this one."""
    return starts(other, one)


@_relation("coincides", "point", "point")
def point_coincides(one: Any, other: Any) -> bool | None:
    """The same point."""
    return equal(one, other)


@_relation("coincides", "range", "range")
def coincides(one: Range, other: Range) -> bool | None:
    """The same range."""
    return equal(one, other)
