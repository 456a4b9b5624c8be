"""Functions that sum up a list of numbers, or find its least and greatest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .. import numbers, values
from ..arithmetic import add
from ..numbers import WIDE, Number, rounded, tidy
from .signatures import built_in


def _numbers(items: list[Any]) -> list[Number] | None:
    adopted = [values.adopt(item) for item in items]
    return adopted if all(numbers.is_number(item) for item in adopted) else None


def _best(items: list[Any], better: Any) -> Any:
    if not items:
        return None
    best = values.adopt(items[0])
    for item in items:
        found = better(item, best)
        if found is None:
            return None
        if found:
            best = values.adopt(item)
    return best


@built_in("min", "list: ...")
def minimum(items: list[Any]) -> Any:
    """The least element."""
    return _best(items, values.less)


@built_in("max", "list: ...")
def maximum(items: list[Any]) -> Any:
    """The greatest element."""
    return _best(items, lambda one, other: values.less(other, one))


@built_in("sum", "list: ...")
def total(items: list[Any]) -> Any:
    """The sum of numbers, or of durations of one kind; null for an empty list."""
    if not items:
        return None
    if (found := _numbers(items)) is not None:
        if all(type(item) is int for item in found):
            return numbers.settle(sum(found))
        return numbers.settle(_wide_sum(found))
    result = items[0]
    for item in items[1:]:
        result = add(result, item)
    return result if "duration" in values.kind_of(result) else None


def _wide_sum(items: list[Number]) -> Decimal:
    result = Decimal(0)
    for item in items:
        result = WIDE.add(result, Decimal(item))
    return result


@built_in("product", "list: ...")
def product(items: list[Any]) -> Any:
    """The product of numbers."""
    found = _numbers(items)
    if not found:
        return None
    result = Decimal(1)
    for item in found:
        result = WIDE.multiply(result, Decimal(item))
    return tidy(numbers.PRECISE.plus(result))


@built_in("mean", "list: ...")
def mean(items: list[Any]) -> Any:
    """The arithmetic mean."""
    found = _numbers(items)
    if not found:
        return None
    return numbers.divide(rounded(_wide_sum(found)) or Decimal(0), len(found))


@built_in("median", "list: ...")
def median(items: list[Any]) -> Any:
    """The middle of the sorted numbers, or the mean of the two middle ones."""
    found = _numbers(items)
    if not found:
        return None
    ordered = sorted(found)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    both = numbers.add(ordered[middle - 1], ordered[middle])
    return None if both is None else numbers.divide(both, 2)


@built_in("stddev", "list: ...")
def standard_deviation(items: list[Any]) -> Any:
    """The sample standard deviation; null for fewer than two numbers."""
    found = _numbers(items)
    if found is None or len(found) < 2:
        return None
    centre = WIDE.divide(_wide_sum(found), Decimal(len(found)))
    squares = Decimal(0)
    for item in found:
        distance = WIDE.subtract(Decimal(item), centre)
        squares = WIDE.add(squares, WIDE.multiply(distance, distance))
    return tidy(numbers.PRECISE.sqrt(WIDE.divide(squares, Decimal(len(found) - 1))))


@built_in("mode", "list: ...")
def mode(items: list[Any]) -> Any:
    """The most frequent numbers, in ascending order."""
    found = _numbers(items)
    if found is None:
        return None
    counts: dict[Number, int] = {}
    for item in found:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(item for item, count in counts.items() if count == most)


@built_in("count", "list: list")
def count(items: list[Any]) -> int:
    """How many elements."""
    return len(items)
