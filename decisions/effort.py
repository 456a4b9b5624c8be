"""How much an engine that backtracks may have to do for a pattern: a bound that holds for every text of a length.

An item can match in a number of ways (a repeat as often as it may stop, alternatives one after the other), and
whatever follows is tried again for each of them.  So the ways of a sequence are the product of its items' ways.
"""

from __future__ import annotations

from re import _constants as codes  # type: ignore[attr-defined]
from typing import Any

BEYOND = 1 << 40
"""Counted no further: more than anything may cost."""
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_PLAIN = (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN, codes.AT, codes.GROUPREF)


def size(tree: Any) -> int:
    """The number of items with every repeat written out, an open one as its least number of turns and one more.

    Raises ValueError for what only Python's dialect has, such as repeats that give nothing back.
    """
    total = 0
    for operation, argument in tree:
        total += 1
        if operation in _REPEATS:
            low, high, body = argument
            total += int(high if high != codes.MAXREPEAT else low + 1) * size(body)
        else:
            total += sum(size(body) for body in _bodies(operation, argument))
    return total


def _bodies(operation: Any, argument: Any) -> list[Any]:
    """What stands inside a group, the alternatives, or the look-ahead of a subtraction."""
    if operation is codes.SUBPATTERN:
        return [argument[-1]]
    if operation is codes.BRANCH:
        return list(argument[1])
    if operation is codes.ASSERT_NOT:
        return [argument[1]]
    if operation not in _PLAIN:
        raise ValueError("only Python's")
    return []


def effort(tree: Any, length: int) -> tuple[int, int]:
    """(ways, tries) of a sequence in a text of a length, from one place, both at most about BEYOND.

    `ways`: in how many ways it can match at most, which is how often an engine that backtracks comes to what follows.
    `tries`: how many items it tries at most until all ways are spent: an item as often as there are ways before it.
    """
    ways, tries = 1, 0
    for operation, argument in tree:
        item_ways, item_tries = _item(operation, argument, length)
        tries = min(tries + ways * item_tries, BEYOND)
        ways = min(ways * item_ways, BEYOND)
    return ways, tries


def _item(operation: Any, argument: Any, length: int) -> tuple[int, int]:
    if operation in _REPEATS:
        low, high, body = argument
        return _repeat(low, high, body, length)
    if operation is codes.IN:
        return 1, len(argument)
    if operation is codes.GROUPREF:
        return 1, length + 1
    inside = [effort(body, length) for body in _bodies(operation, argument)]
    tries = 1 + sum(one[1] for one in inside)
    # A look-ahead is left in one way, alternatives one after the other.
    return sum(one[0] for one in inside) if operation in (codes.SUBPATTERN, codes.BRANCH) else 1, tries


def _repeat(low: int, high: Any, body: Any, length: int) -> tuple[int, int]:
    """Each number of turns is a way, times the ways of the turns; a turn costs the ways of those before it."""
    body_ways, body_tries = effort(body, length)
    # A turn takes a character at least; but the least number of turns may be empty, and so may one after each.
    most = int(min(high, low + 2 * length + 1 if body.getwidth()[0] == 0 else length))
    if body_ways == 1:
        return max(most - low, 0) + 1, 1 + (most + 1) * max(body_tries, 1)
    ways, tries, before = 0, 1, 1
    for turn in range(most + 1):
        ways += before if turn >= low else 0
        tries += before * max(body_tries, 1)
        before *= body_ways
        if tries > BEYOND:
            return BEYOND, BEYOND
    return max(ways, 1), tries
