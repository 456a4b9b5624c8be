"""Boolean functions, and `is`."""

from __future__ import annotations

from typing import Any

from .. import temporal
from ..eras import split
from ..limits import Work
from ..values import equal, kind_of
from .signatures import built_in


@built_in("not", "negand: any")
def negation(negand: Any) -> bool | None:
    """Ternary not."""
    return not negand if isinstance(negand, bool) else None


@built_in("is", "value1?: any, value2?: any", work=True)
def is_same(work: Work, one: Any = None, other: Any = None) -> bool:
    """Same type and same value; of times and zones also the same writing of the zone."""
    if kind_of(one) != kind_of(other):
        return False
    if kind_of(one) in ("time", "date and time"):
        same_clock = _without_zone(one) == _without_zone(other)
        zones = (
            (temporal.zone_name(one), temporal.offset_of(one)),
            (
                temporal.zone_name(other),
                temporal.offset_of(other),
            ),
        )
        return bool(same_clock and zones[0] == zones[1])
    return equal(one, other, work) is True


def _without_zone(value: Any) -> tuple[Any, int]:
    near, cycles = split(value)
    return near.replace(tzinfo=None), cycles


@built_in("all", "list: ...")
def all_true(items: list[Any]) -> bool | None:
    """`and` over a list."""
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


@built_in("any", "list: ...")
def any_true(items: list[Any]) -> bool | None:
    """`or` over a list."""
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None
