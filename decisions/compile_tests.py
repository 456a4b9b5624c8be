"""Cells of decision tables and the right side of `in`: tests of a value.

A cell is satisfied when one of its alternatives is: a comparison, a range that contains the value, a list that
holds it, an equal value, or an expression over `?` that is true.
"""

from __future__ import annotations

from typing import Any

from . import syntax as tree
from . import values
from .compile_base import BaseCompiler
from .env import Code, Env, Test
from .limits import Work
from .values import Range


class TestCompiler(BaseCompiler):
    """Compiles unary tests to `test(value, env) -> bool | None`."""

    __test__ = False  # the name is no test case

    def tests(self, node: tree.UnaryTests) -> Test:
        """A whole cell."""
        if not node.tests:
            return lambda value, env: True
        positive = self.alternatives(node.tests)
        if not node.negated:
            return positive

        def negative(value: Any, env: Env) -> bool | None:
            result = positive(value, env)
            return None if result is None else not result

        return negative

    def alternatives(self, tests: list[tree.UnaryTest]) -> Test:
        """Any of several tests."""
        literals = [text for test in tests if (text := _text(test)) is not None]
        if len(literals) == len(tests) > 1:
            return _one_of(frozenset(literals), literals)
        compiled = [self.test(test) for test in tests]
        if len(compiled) == 1:
            return compiled[0]

        def run(value: Any, env: Env) -> bool | None:
            result: bool | None = False
            for test in compiled:
                found = test(value, env)
                if found is True:
                    return True
                if found is None:
                    result = None
            return result

        return run

    def test(self, test: tree.UnaryTest) -> Test:
        """One alternative."""
        operand = test.operand
        if test.operator:
            return _comparison(test.operator, self.code(operand))
        if isinstance(operand, tree.Literal):
            return _literal(operand.value)
        if isinstance(operand, tree.RangeOf):
            return self._range(operand)
        if not test.uses_value:
            code = self.code(operand)
            return lambda value, env: matches(value, code(env), env.work)
        inner = self.inner_code(operand)

        def run(value: Any, env: Env) -> bool | None:
            result = inner(env.inner({"?": value}))
            return result if isinstance(result, bool) else matches(value, result, env.work)

        return run

    def _range(self, node: tree.RangeOf) -> Test:
        code = self.code(node)
        ends = (node.low, node.high)
        if not all(end is None or _is_constant(end) for end in ends):

            def in_computed(value: Any, env: Env) -> bool | None:
                interval = code(env)
                return None if interval is None else matches(value, interval, env.work)

            return in_computed
        low, high = (end.value if isinstance(end, tree.Literal) else None for end in ends)
        interval = Range(low, high, node.low_included, node.high_included)
        if type(low) is not int or type(high) is not int:
            return lambda value, env: values.inside(value, interval)
        first = low if node.low_included else low + 1
        last = high if node.high_included else high - 1

        def run(value: Any, env: Env) -> bool | None:
            return first <= value <= last if type(value) is int else values.inside(value, interval)

        return run

    def membership(self, node: tree.In) -> Code:
        """`value in tests`"""
        value, test = self.code(node.value), self.alternatives(node.tests)
        return lambda env: test(value(env), env)

    def tests_value(self, node: tree.UnaryTests) -> Code:
        """Unary tests where a value is wanted, such as `(!=10)`, have none."""
        return lambda env: None


def _is_constant(node: tree.Node | None) -> bool:
    return isinstance(node, tree.Literal) and node.value is not None


def _text(test: tree.UnaryTest) -> str | None:
    """The string a test compares with, if it is that simple."""
    if test.operator or not isinstance(test.operand, tree.Literal):
        return None
    return test.operand.value if type(test.operand.value) is str else None


def _one_of(texts: frozenset[str], in_order: list[str]) -> Test:
    def run(value: Any, env: Env) -> bool | None:
        return value in texts if type(value) is str else matches(value, in_order, env.work)

    return run


def _literal(literal: Any) -> Test:
    kind = type(literal)
    if kind not in (str, int):
        return lambda value, env: matches(value, literal, env.work)

    def run(value: Any, env: Env) -> bool | None:
        return bool(value == literal) if type(value) is kind else matches(value, literal, env.work)

    return run


def _comparison(operator: str, operand: Code) -> Test:
    less, less_or_equal = values.less, values.less_or_equal
    if operator == "<":
        return lambda value, env: less(value, operand(env))
    if operator == "<=":
        return lambda value, env: less_or_equal(value, operand(env))
    if operator == ">":
        return lambda value, env: less(operand(env), value)
    if operator == ">=":
        return lambda value, env: less_or_equal(operand(env), value)
    if operator == "=":
        return lambda value, env: values.equal(value, operand(env), env.work)

    def differs(value: Any, env: Env) -> bool | None:
        result = values.equal(value, operand(env), env.work)
        return None if result is None else not result

    return differs


def matches(value: Any, wanted: Any, work: Work) -> bool | None:
    """Whether a value satisfies a test that is itself a value."""
    if type(wanted) is Range and type(value) is not Range:
        return values.inside(value, wanted)
    if type(wanted) is list:
        if type(value) is list and values.equal(value, wanted, work):
            return True
        work.spend(len(wanted))
        result: bool | None = False
        for item in wanted:
            found = values.equal(value, item, work) if type(value) is list else matches(value, item, work)
            if found is True:
                return True
            if found is None:
                result = None
        return False if result is None and wanted else result
    if type(value) is list and len(value) == 1 and type(wanted) is not list:
        return matches(value[0], wanted, work)
    return values.equal(value, wanted, work)
