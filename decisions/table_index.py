"""Which rules of a table are worth testing for given inputs.

Columns whose cells are plain values (`"a"`, `1, 2`, `-`) are looked up in a dictionary: for each value the set of
rules that accept it, as bits of an int.  Only the rules left by all such columns have their other cells tested.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from .env import Code, Test

_KINDS = (frozenset({str}), frozenset({int, Decimal}), frozenset({bool}))


class CellTest(NamedTuple):
    """A cell that does not accept everything; `literals` are its values if it is a plain list of such."""

    column: int
    test: Test
    literals: frozenset[Any] | None


@dataclass(slots=True)
class Rule:
    """A row, without the cells that accept everything."""

    id: str
    number: int
    tests: list[CellTest]
    outputs: list[Code]
    annotation: str


class LookUp(NamedTuple):
    """A column as a dictionary: types of values it is for, rules by value, rules for any other value."""

    column: int
    kinds: frozenset[type]
    rules: dict[Any, int]
    rest: int


class Index:
    """The look-ups of a table, and its rules with the tests that remain."""

    __slots__ = ("_all", "_look_ups", "_remaining", "_rules")

    def __init__(self, rules: Sequence[Rule], columns: int) -> None:
        self._rules = [(rule, rule.tests) for rule in rules]
        self._all = (1 << len(rules)) - 1
        found = (_look_up(column, rules) for column in range(columns))
        self._look_ups = [look_up for look_up in found if look_up is not None]
        done = {look_up.column for look_up in self._look_ups}
        self._remaining = [(rule, [test for test in rule.tests if test.column not in done]) for rule in rules]

    def candidates(self, values: Sequence[Any]) -> Iterable[tuple[Rule, list[CellTest]]]:
        """The rules that may match, in order, each with the tests still to be made."""
        chosen = self._all
        for column, kinds, rules, rest in self._look_ups:
            value = values[column]
            if type(value) not in kinds:
                return self._rules  # null or another type: the cells themselves know what to say
            chosen &= rules.get(value, rest)
        remaining = self._remaining
        if chosen == self._all:
            return remaining
        found = []
        while chosen:
            lowest = chosen & -chosen
            found.append(remaining[lowest.bit_length() - 1])
            chosen ^= lowest
        return found


def _look_up(column: int, rules: Sequence[Rule]) -> LookUp | None:
    cells = {number: test for number, rule in enumerate(rules) for test in rule.tests if test.column == column}
    values = {value for test in cells.values() for value in test.literals or ()}
    if not values or any(test.literals is None for test in cells.values()):
        return None
    kinds = next((kinds for kinds in _KINDS if {type(value) for value in values} <= kinds), None)
    if kinds is None:
        return None
    rest = sum(1 << number for number in range(len(rules)) if number not in cells)
    accepted = dict.fromkeys(values, rest)
    for number, test in cells.items():
        for value in test.literals or ():
            accepted[value] |= 1 << number
    return LookUp(column, kinds, accepted, rest)
