"""The cells of a decision table as sets, so that tables can be compared rule by rule.

Each column is cut into atoms: single values, and for ordered kinds the open stretches between them.  A cell is the
set of atoms it accepts, as bits of an int.  What depends on variables or functions is opaque (None): nothing is
claimed about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from . import syntax as tree
from . import values
from .compile import Compiler
from .env import Env
from .eras import day_number
from .fine import nanoseconds
from .limits import Work
from .parser import Parser
from .values import Range, kind_of, moment_key

# Variables whose entries are known when the table is checked, and stay.
Contexts = Mapping[str, Mapping[str, Any]]
NO_CONTEXTS: Contexts = MappingProxyType({})
_ORDERED = frozenset({"number", "date", "date and time", "time", "days and time duration", "years and months duration"})


@dataclass(frozen=True, slots=True)
class Part:
    """One alternative of a cell: an operator (`=`, `<`, `<=`, `>`, `>=`, `!=`, `in`) and a constant."""

    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that depends on nothing but the value it tests; no parts means that it accepts everything."""

    parts: tuple[Part, ...]
    negated: bool

    def constants(self) -> list[Any]:
        """The constants that occur, range ends included."""
        found: list[Any] = []
        for part in self.parts:
            ends = [part.value.low, part.value.high] if isinstance(part.value, Range) else [part.value]
            found += [end for end in ends if end is not None]
        return found


def read_cell(tests: tree.UnaryTests, parser: Parser, contexts: Contexts = NO_CONTEXTS) -> Cell | None:
    """The cell as constants, entries of `contexts` counted as such; None when it is opaque."""
    if parser.free - set(contexts) or any(test.uses_value for test in tests.tests):
        return None
    if any(name not in ("date", "time", "date and time", "duration") for name in parser.calls):
        return None
    parts: list[Part] = []
    for test in tests.tests:
        value = constant(test.operand, contexts)
        if isinstance(value, list):
            if test.operator or any(kind_of(item) in ("list", "context", "range") for item in value):
                return None
            parts += [Part("=", item) for item in value]
        elif kind_of(value) in ("context", "function", "null"):
            return None
        else:
            parts.append(Part("in" if isinstance(value, Range) else test.operator or "=", value))
    return Cell(tuple(parts), tests.negated)


def constant(node: tree.Node, contexts: Contexts = NO_CONTEXTS) -> Any:
    """The value of an expression without variables but `contexts`."""
    return Compiler(()).code(node)(Env(contexts, None, Work({})))


def key_of(value: Any) -> Any:
    """What constants of one kind are ordered by."""
    kind = kind_of(value)
    if kind == "number":
        return Decimal(value)
    if kind == "date":
        return day_number(value)
    if kind == "days and time duration":
        return nanoseconds(value)
    return moment_key(value) if kind in ("date and time", "time") else value


class Column:
    """The atoms of one column. `closed` tells that the mentioned values are all there are."""

    def __init__(self, label: str, cells: Sequence[Cell | None], domain: Cell | None, boolean: bool) -> None:
        self.label = label
        constants = [value for cell in [*cells, domain] if cell is not None for value in cell.constants()]
        kinds = {kind_of(value) for value in constants}
        self.kind = kinds.pop() if len(kinds) == 1 else ""
        self.mixed = bool(kinds)
        if boolean or self.kind == "boolean":
            self.kind, constants = "boolean", [True, False]
        self.ordered = self.kind in _ORDERED
        self.points = _distinct(constants, self.ordered)
        self.size = 2 * len(self.points) + 1 if self.ordered else len(self.points) + 1
        self.all = (1 << self.size) - 1
        self.domain = self._domain(domain)

    def _domain(self, declared: Cell | None) -> int:
        """The atoms a value may fall in, as far as the table lets us know."""
        if declared is not None and (mask := self.mask(declared)) is not None:
            return mask
        if not self.ordered:
            # nobody can list the values of an open column: only those mentioned are asked for
            return self.all >> 1 << 1 if self.points else self.all
        if self.kind == "number" and all(point == int(point) for point in self.points):
            return self.all & ~self._between_neighbours()
        return self.all

    def _between_neighbours(self) -> int:
        """Stretches such as (5..6) between whole numbers: counts never fall into them."""
        mask = 0
        for index in range(len(self.points) - 1):
            if self.points[index + 1] - self.points[index] == 1:
                mask |= 1 << (2 * index + 2)
        return mask

    def mask(self, cell: Cell | None) -> int | None:
        """The atoms a cell accepts; None when opaque."""
        if cell is None or self.mixed:
            return None
        if not cell.parts:
            return self.all
        mask = 0
        for part in cell.parts:
            found = self._part(part)
            if found is None:
                return None
            mask |= found
        return self.all & ~mask if cell.negated else mask

    def _part(self, part: Part) -> int | None:
        if not self.ordered:
            if part.operator not in ("=", "!="):
                return None
            bit = 1 << (self.points.index(part.value) + 1)
            return bit if part.operator == "=" else self.all & ~bit
        if part.operator == "in":
            return self._range(part.value)
        index = 2 * self._index(part.value) + 1
        below, point = (1 << index) - 1, 1 << index
        above = self.all & ~below & ~point
        return {"=": point, "!=": below | above, "<": below, "<=": below | point, ">": above, ">=": above | point}[
            part.operator
        ]

    def _range(self, interval: Range) -> int:
        mask = self.all
        if interval.low is not None:
            mask &= self._part(Part(">=" if interval.low_included else ">", interval.low)) or 0
        if interval.high is not None:
            mask &= self._part(Part("<=" if interval.high_included else "<", interval.high)) or 0
        return mask

    def _index(self, value: Any) -> int:
        return next(number for number, point in enumerate(self.points) if key_of(point) == key_of(value))

    def describe(self, mask: int) -> str:
        """A set of atoms in words, such as `天数 ≥ 5` or `类别 = "投诉"`."""
        if mask & self.domain == self.domain or mask == self.all:
            return ""
        mask &= self.domain or self.all
        if self.ordered:
            return f"{self.label} {self._stretch(mask)}"
        names = [_shown(point) for index, point in enumerate(self.points) if mask >> (index + 1) & 1]
        return f"{self.label} = {' | '.join(names)}" if names else f"{self.label} = …"

    def _stretch(self, mask: int) -> str:
        """The first connected stretch of the atoms, as an interval."""
        first = (mask & -mask).bit_length() - 1
        last = first
        while mask >> (last + 1) & 1:
            last += 1
        if first == last and first % 2:
            return f"= {_shown(self.points[first // 2])}"
        low = "" if first == 0 else f"{'≥' if first % 2 else '>'} {_shown(self.points[(first - 1) // 2])}"
        high = "" if last == self.size - 1 else f"{'≤' if last % 2 else '<'} {_shown(self.points[last // 2])}"
        return " 且 ".join(part for part in (low, high) if part)


def _distinct(constants: list[Any], ordered: bool) -> list[Any]:
    if ordered:
        return [value for _, value in sorted({key_of(value): value for value in constants}.items())]
    return list(dict.fromkeys(constants))


def _shown(value: Any) -> str:
    return values.text_of(value, inner=True) or "null"


Masks = tuple[int, ...]
MAX_PARTS = 50


class Effort:
    """How many comparisons of an atom with a rule the checks of one table may still make."""

    def __init__(self, left: int = 400_000) -> None:
        self.left = left

    def spend(self, count: int) -> bool:
        """Whether there was enough left."""
        self.left -= count
        return self.left >= 0


def uncovered(space: Masks, rules: Sequence[Masks], effort: Effort) -> list[Masks] | None:
    """The parts of a space (a set of atoms for each column) that no rule covers; None when the effort ran out.

    Column by column, atoms accepted by the same rules are treated together.
    """
    found: list[Masks] = []

    def visit(column: int, chosen: Masks, left: Sequence[Masks]) -> bool:
        if not left:
            found.append(chosen + space[column:])
            return len(found) < MAX_PARTS
        if column == len(space):
            return True
        if not effort.spend(space[column].bit_count() * len(left)):
            return False
        groups: dict[tuple[int, ...], int] = {}
        rest = space[column]
        while rest:
            atom = rest & -rest
            rest ^= atom
            accepted = tuple(number for number, rule in enumerate(left) if rule[column] & atom)
            groups[accepted] = groups.get(accepted, 0) | atom
        return all(
            visit(column + 1, (*chosen, mask), [left[number] for number in accepted])
            for accepted, mask in groups.items()
        )

    touching = [rule for rule in rules if all(mask & part for mask, part in zip(rule, space, strict=True))]
    complete = visit(0, (), touching)
    return found if complete or found else None
