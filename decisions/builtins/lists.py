"""Functions of lists."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from ..limits import Work, checked_length
from ..numbers import Number, whole
from ..values import Function, adopt, equal, less, text_of
from .signatures import built_in


@built_in("list contains", "list: list, element: any", work=True)
def list_contains(work: Work, items: list[Any], wanted: Any) -> bool:
    """Whether some element equals the other value; null counts as a value."""
    return any(equal(item, wanted, work) is True for item in items)


def _start(items: list[Any], position: Number) -> int | None:
    index = whole(position)
    if index is None or index == 0 or abs(index) > len(items):
        return None
    return index - 1 if index > 0 else len(items) + index


@built_in("sublist", "list: list, start position: number, length?: ?number")
def sublist(items: list[Any], position: Number, length: Number | None = None) -> list[Any] | None:
    """`length` elements from a position counted from 1, or from the end when negative."""
    start = _start(items, position)
    if start is None:
        return None
    if length is None:
        return items[start:]
    count = whole(length)
    if count is None or count < 1 or start + count > len(items):
        return None
    return items[start : start + count]


@built_in("append", "list: ?list, item: ...")
def append(items: list[Any] | None, more: list[Any]) -> list[Any] | None:
    """The list with more elements at its end."""
    return [*(items if items is not None else [None]), *more]


@built_in("concatenate", "list: ...")
def concatenate(lists: list[Any]) -> list[Any] | None:
    """One list after the other."""
    if any(item is None for item in lists):
        return None
    result: list[Any] = []
    for item in lists:
        result.extend(item if isinstance(item, list) else [item])
    checked_length(len(result))
    return result


@built_in("insert before", "list: list, position: number, newItem: any")
def insert_before(items: list[Any], position: Number, new: Any) -> list[Any] | None:
    """The list with an element put before a position."""
    start = _start(items, position)
    return None if start is None else [*items[:start], new, *items[start:]]


@built_in("remove", "list: list, position: number")
def remove(items: list[Any], position: Number) -> list[Any] | None:
    """The list without the element at a position."""
    start = _start(items, position)
    return None if start is None else [*items[:start], *items[start + 1 :]]


@built_in("list replace", "list: list, position: number, newItem: any")
def replace_at(items: list[Any], position: Number, new: Any) -> list[Any] | None:
    """The list with the element at a position exchanged; a broken position counts without its fraction."""
    start = _start(items, int(position))
    return None if start is None else [*items[:start], new, *items[start + 1 :]]


@built_in("list replace", "list: list, match: function, newItem: any", work=True)
def replace_matching(work: Work, items: list[Any], match: Function, new: Any) -> list[Any] | None:
    """The list with every element exchanged for which `match(element, new)` is true."""
    if len(match.parameters) != 2:
        return None
    result = []
    for item in items:
        verdict = match.call(work, [item, new])
        if not isinstance(verdict, bool):
            return None
        result.append(new if verdict else item)
    return result


@built_in("reverse", "list: list")
def reverse(items: list[Any]) -> list[Any]:
    """The list from its end."""
    return items[::-1]


@built_in("index of", "list: list, match: any", work=True)
def index_of(work: Work, items: list[Any], wanted: Any) -> list[int]:
    """The positions of equal elements, from 1."""
    return [number for number, item in enumerate(items, 1) if equal(item, wanted, work) is True]


def _distinct(work: Work, items: list[Any]) -> list[Any]:
    result: list[Any] = []
    for item in items:
        work.spend(1 + len(result) // 4)
        if not any(equal(item, other, work) is True for other in result):
            result.append(item)
    return result


@built_in("union", "list: ...", work=True)
def union(work: Work, lists: list[Any]) -> list[Any] | None:
    """All elements of all lists, each once."""
    joined = concatenate(lists)
    return None if joined is None else _distinct(work, joined)


@built_in("distinct values", "list: list", work=True)
def distinct_values(work: Work, items: list[Any]) -> list[Any]:
    """Each element once, in order of first appearance."""
    return _distinct(work, items)


@built_in("flatten", "list: list", work=True)
def flatten(work: Work, items: list[Any]) -> list[Any]:
    """Lists within lists laid out in one."""
    result: list[Any] = []
    waiting = [iter(items)]
    while waiting:
        for item in waiting[-1]:
            work.spend(1)
            if isinstance(item, list):
                waiting.append(iter(item))
                break
            result.append(item)
        else:
            waiting.pop()
    checked_length(len(result))
    return result


@built_in("sort", "list: list, precedes?: ?function", work=True)
def sort(work: Work, items: list[Any], precedes: Function | None = None) -> list[Any] | None:
    """The list in the order of `precedes(one, other)`, by default ascending; null when it cannot be compared."""
    failed = False

    def before(one: Any, other: Any) -> bool:
        nonlocal failed
        work.spend(1)
        verdict = less(one, other) if precedes is None else precedes.call(work, [one, other])
        failed = failed or not isinstance(verdict, bool)
        return verdict is True

    def compare(one: Any, other: Any) -> int:
        return -1 if before(one, other) else 1 if before(other, one) else 0

    ordered = sorted((adopt(item) for item in items), key=cmp_to_key(compare))
    return None if failed else ordered


@built_in("string join", "list: list, delimiter?: ?string")
def string_join(items: list[Any], delimiter: str | None = None) -> str | None:
    """The strings of a list with a delimiter between; nulls are left out."""
    present = [item for item in items if item is not None]
    if not all(isinstance(item, str) for item in present):
        return None
    return (delimiter or "").join(text_of(item) or "" for item in present)
