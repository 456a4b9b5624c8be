"""Closures for comparisons; those with a literal on the right decide without leaving the closure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import values
from .env import Code, Env


def negated(value: bool | None) -> bool | None:
    """Ternary not."""
    return None if value is None else not value


def compare(operator: str, left: Code, right: Code) -> Code:
    """A comparison of two computed values."""
    equal, less, less_or_equal = values.equal, values.less, values.less_or_equal
    if operator == "=":
        return lambda env: equal(left(env), right(env), env.work)
    if operator == "!=":
        return lambda env: negated(equal(left(env), right(env), env.work))
    if operator == "<":
        return lambda env: less(left(env), right(env))
    if operator == "<=":
        return lambda env: less_or_equal(left(env), right(env))

    # both sides are evaluated from left to right whatever the operator
    ordered = less if operator == ">" else less_or_equal

    def run(env: Env) -> bool | None:
        value = left(env)
        return ordered(right(env), value)

    return run


def is_fast(operator: str, literal: Any) -> bool:
    """Whether a literal has closures of its own."""
    return type(literal) in (str, int) or (type(literal) is bool and operator in ("=", "!="))


def _with_literal(operator: str, literal: Any) -> Callable[[Any], bool | None]:
    """The comparison for values of another type than the literal."""
    compared: dict[str, Callable[[Any], bool | None]] = {
        "=": lambda value: values.equal(value, literal),
        "!=": lambda value: negated(values.equal(value, literal)),
        "<": lambda value: values.less(value, literal),
        "<=": lambda value: values.less_or_equal(value, literal),
        ">": lambda value: values.less(literal, value),
        ">=": lambda value: values.less_or_equal(literal, value),
    }
    return compared[operator]


def compare_literal(operator: str, left: Code, literal: Any) -> Code:
    """A comparison with a literal on the right."""
    kind = type(literal)
    slow = _with_literal(operator, literal)

    if operator == "=":

        def run(env: Env) -> Any:
            value = left(env)
            return value == literal if type(value) is kind else slow(value)
    elif operator == "!=":

        def run(env: Env) -> Any:
            value = left(env)
            return value != literal if type(value) is kind else slow(value)
    elif operator == "<":

        def run(env: Env) -> Any:
            value = left(env)
            return value < literal if type(value) is kind else slow(value)
    elif operator == "<=":

        def run(env: Env) -> Any:
            value = left(env)
            return value <= literal if type(value) is kind else slow(value)
    elif operator == ">":

        def run(env: Env) -> Any:
            value = left(env)
            return value > literal if type(value) is kind else slow(value)
    else:

        def run(env: Env) -> Any:
            value = left(env)
            return value >= literal if type(value) is kind else slow(value)

    return run
