"""The tree of an expression, as the parser leaves it and the compiler and the checks read it.

Every node carries `at`, the offset of its first character, so that a complaint can name line and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Node:
    """Any part of an expression."""

    at: int


@dataclass(slots=True)
class Literal(Node):
    """A constant: null, boolean, number, string, or a parsed at-literal."""

    value: Any


@dataclass(slots=True)
class Name(Node):
    """A variable. `local` tells that it is bound inside the expression."""

    name: str
    local: bool


@dataclass(slots=True)
class Path(Node):
    """`base.name`"""

    base: Node
    name: str


@dataclass(slots=True)
class Filter(Node):
    """`base[condition]` or `base[index]`"""

    base: Node
    condition: Node
    weight: int


@dataclass(slots=True)
class Call(Node):
    """`target(arguments)`; `names` is set for `f(name: value)`."""

    target: Node
    arguments: Sequence[Node]
    names: Sequence[str] | None


@dataclass(slots=True)
class Negation(Node):
    """`-operand`"""

    operand: Node


@dataclass(slots=True)
class Binary(Node):
    """An arithmetic operator or a comparison."""

    operator: str
    left: Node
    right: Node


@dataclass(slots=True)
class Logic(Node):
    """`and` or `or` over two or more terms."""

    operator: str
    terms: list[Node]


@dataclass(slots=True)
class Between(Node):
    """`value between low and high`"""

    value: Node
    low: Node
    high: Node


@dataclass(slots=True)
class UnaryTest(Node):
    """A test of an implied value: `< 5`, `"a"`, `[1..3]`. `operator` is empty for a plain expression."""

    operator: str
    operand: Node
    uses_value: bool = False


@dataclass(slots=True)
class UnaryTests(Node):
    """Alternatives of a cell; no alternatives is `-`, which everything satisfies."""

    tests: list[UnaryTest]
    negated: bool


@dataclass(slots=True)
class In(Node):
    """`value in tests`"""

    value: Node
    tests: list[UnaryTest]


@dataclass(slots=True)
class If(Node):
    """`if condition then this else that`"""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(slots=True)
class Iterator(Node):
    """`name in domain`, or `name in domain..end`"""

    name: str
    domain: Node
    end: Node | None


@dataclass(slots=True)
class For(Node):
    """`for iterators return body`; `weight` is the work of one turn."""

    iterators: list[Iterator]
    body: Node
    weight: int


@dataclass(slots=True)
class Quantified(Node):
    """`some` or `every` iterators `satisfies` condition"""

    every: bool
    iterators: list[Iterator]
    condition: Node
    weight: int


@dataclass(slots=True)
class InstanceOf(Node):
    """`value instance of type`"""

    value: Node
    type: TypeName


@dataclass(slots=True)
class ListOf(Node):
    """`[a, b]`"""

    items: list[Node]


@dataclass(slots=True)
class ContextOf(Node):
    """`{a: 1, b: a + 1}`"""

    entries: list[tuple[str, Node]]


@dataclass(slots=True)
class RangeOf(Node):
    """`[low..high]`; an end that is None is open to infinity."""

    low: Node | None
    high: Node | None
    low_included: bool
    high_included: bool


@dataclass(slots=True)
class Lambda(Node):
    """`function(a, b: type) body`; `external` is a body outside FEEL, which we never run."""

    parameters: list[tuple[str, TypeName | None]]
    body: Node
    external: bool
    weight: int


@dataclass(slots=True, frozen=True)
class TypeName:
    """A type as written: a name, with element types for list, range, context and function.

    `fields` are the typed entries of a context; `arguments` the element type, or parameter types with the result last.
    """

    name: str
    arguments: tuple[TypeName, ...] = ()
    fields: tuple[tuple[str, TypeName], ...] = ()
