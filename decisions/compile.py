"""From the tree of an expression to Python closures.

Each node becomes one closure `code(env) -> value`; nothing of the tree is looked at again when evaluating.
Frequent shapes (a name compared with a literal) get closures of their own.  Loops and filters stand in
`compile_loops`, calls in `compile_calls`, cells in `compile_tests`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from . import arithmetic, numbers, values
from . import syntax as tree
from .builtins import BUILTINS
from .compile_calls import CallCompiler
from .compile_compare import compare, compare_literal, is_fast
from .compile_loops import LoopCompiler
from .compile_tests import TestCompiler
from .env import Code, Env, find
from .properties import property_of
from .types import Type, conforms, resolve, without_constraints
from .values import PLAIN, Range, adopt

_INT = numbers.INT_LIMIT


class Compiler(LoopCompiler, CallCompiler, TestCompiler):
    """Compiles the trees of one text.

    `functions` are the names of domain functions, `types` the named types, `names` the declared variables,
    which go before built-in functions of the same name, `frames` the frames that stand over the caller's mapping.
    """

    def __init__(
        self,
        functions: Collection[str],
        names: Collection[str] = (),
        types: Mapping[str, Type] | None = None,
        frames: int = 0,
    ) -> None:
        self.functions = functions
        self.names = names
        self.types = types or {}
        self.frames = frames

    def code(self, node: tree.Node) -> Code:
        """The closure of a node."""
        return _COMPILE[type(node)](self, node)

    def literal(self, node: tree.Literal) -> Code:
        """A constant."""
        value = node.value
        return lambda env: value

    def name(self, node: tree.Name) -> Code:
        """A variable, else null. Where no platform brings functions of its own, a built-in function of that name comes
        before null, as the standard has it; facts are sparse, and a missing `mode` must not become a function.
        """
        name = node.name
        built_in = None if self.functions else BUILTINS.get(name)
        default = built_in.value if built_in is not None else None
        if self.frames or node.local:
            return lambda env: find(env, name, default)

        def read(env: Env) -> Any:
            value = env.names.get(name, default)
            return value if type(value) in PLAIN else adopt(value)

        return read

    def path(self, node: tree.Path) -> Code:
        """A property, or the property of each element of a list."""
        base, name = self.code(node.base), node.name

        def read(env: Env) -> Any:
            value = base(env)
            if type(value) is dict:
                found = value.get(name)
                return found if type(found) in PLAIN else adopt(found)
            return property_of(value, name)

        return read

    def negation(self, node: tree.Negation) -> Code:
        """Unary minus."""
        operand = self.code(node.operand)
        return lambda env: arithmetic.negate(operand(env))

    def binary(self, node: tree.Binary) -> Code:
        """Arithmetic and comparison."""
        operator = node.operator
        if operator in ("+", "-", "*"):
            return _arithmetic(operator, self.code(node.left), self.code(node.right))
        left, right = self.code(node.left), self.code(node.right)
        if operator == "/":
            return lambda env: arithmetic.divide(left(env), right(env))
        if operator == "**":
            return lambda env: arithmetic.power(left(env), right(env))
        if isinstance(node.right, tree.Literal) and is_fast(operator, node.right.value):
            return compare_literal(operator, left, node.right.value)
        return compare(operator, left, right)

    def logic(self, node: tree.Logic) -> Code:
        """Ternary `and` and `or`."""
        codes = [self.code(term) for term in node.terms]
        stop = node.operator == "or"
        if len(codes) == 2:
            return _logic_of_two(codes[0], codes[1], stop)

        def run(env: Env) -> Any:
            result: bool | None = not stop
            for code in codes:
                value = code(env)
                if value is stop:
                    return stop
                if value is not (not stop):
                    result = None
            return result

        return run

    def between(self, node: tree.Between) -> Code:
        """`value between low and high`, ends included."""
        value, low, high = self.code(node.value), self.code(node.low), self.code(node.high)

        def run(env: Env) -> bool | None:
            found = value(env)
            return values.both(values.less_or_equal(low(env), found), values.less_or_equal(found, high(env)))

        return run

    def choice(self, node: tree.If) -> Code:
        """`if`: everything but true takes the other way."""
        condition, then, otherwise = (
            self.code(node.condition),
            self.code(node.then),
            self.code(node.otherwise),
        )
        return lambda env: then(env) if condition(env) is True else otherwise(env)

    def instance_of(self, node: tree.InstanceOf) -> Code:
        """`value instance of type`; null when the type is unknown."""
        value, found = self.code(node.value), resolve(node.type, self.types)
        if found is None:
            return lambda env: None
        kind = without_constraints(found)
        return lambda env: conforms(value(env), kind)

    def list_of(self, node: tree.ListOf) -> Code:
        """A list."""
        items = [self.code(item) for item in node.items]
        return lambda env: [item(env) for item in items]

    def context_of(self, node: tree.ContextOf) -> Code:
        """A context; later entries see earlier ones; a key given twice is an error, so null."""
        if len({key for key, _ in node.entries}) < len(node.entries):
            return lambda env: None
        self.frames += 1
        entries = [(key, self.code(value)) for key, value in node.entries]
        self.frames -= 1

        def run(env: Env) -> dict[str, Any]:
            result: dict[str, Any] = {}
            inner = env.inner(result)
            for key, code in entries:
                result[key] = code(inner)
            return result

        return run

    def range_of(self, node: tree.RangeOf) -> Code:
        """A range; null when its ends cannot be compared."""
        low = self.code(node.low) if node.low is not None else None
        high = self.code(node.high) if node.high is not None else None
        low_included, high_included = node.low_included, node.high_included

        def run(env: Env) -> Range | None:
            start = low(env) if low is not None else None
            end = high(env) if high is not None else None
            if (low is not None and start is None) or (high is not None and end is None):
                return None
            if start is not None and end is not None and values.less_or_equal(start, end) is None:
                return None
            return Range(start, end, low_included and start is not None, high_included and end is not None)

        return run


def _arithmetic(operator: str, left: Code, right: Code) -> Code:
    if operator == "+":

        def add(env: Env) -> Any:
            one, other = left(env), right(env)
            if type(one) is int and type(other) is int:
                result = one + other
                return result if -_INT < result < _INT else numbers.settle(result)
            if type(one) is str and type(other) is str:
                env.work.spend((len(one) + len(other)) >> 8)
            return arithmetic.add(one, other)

        return add
    if operator == "-":

        def subtract(env: Env) -> Any:
            one, other = left(env), right(env)
            if type(one) is int and type(other) is int:
                result = one - other
                return result if -_INT < result < _INT else numbers.settle(result)
            return arithmetic.subtract(one, other)

        return subtract

    def multiply(env: Env) -> Any:
        one, other = left(env), right(env)
        if type(one) is int and type(other) is int:
            result = one * other
            return result if -_INT < result < _INT else numbers.settle(result)
        return arithmetic.multiply(one, other)

    return multiply


def _logic_of_two(left: Code, right: Code, stop: bool) -> Code:
    go = not stop

    def run(env: Env) -> Any:
        one = left(env)
        if one is stop:
            return stop
        other = right(env)
        if other is stop:
            return stop
        return go if one is go and other is go else None

    return run


_COMPILE: dict[type[tree.Node], Callable[[Compiler, Any], Code]] = {
    tree.Literal: Compiler.literal,
    tree.Name: Compiler.name,
    tree.Path: Compiler.path,
    tree.Filter: Compiler.filter,
    tree.Call: Compiler.call,
    tree.Negation: Compiler.negation,
    tree.Binary: Compiler.binary,
    tree.Logic: Compiler.logic,
    tree.Between: Compiler.between,
    tree.UnaryTests: Compiler.tests_value,
    tree.In: Compiler.membership,
    tree.If: Compiler.choice,
    tree.For: Compiler.loop,
    tree.Quantified: Compiler.quantified,
    tree.InstanceOf: Compiler.instance_of,
    tree.ListOf: Compiler.list_of,
    tree.ContextOf: Compiler.context_of,
    tree.RangeOf: Compiler.range_of,
    tree.Lambda: Compiler.function,
}
