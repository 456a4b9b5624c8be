"""Expressions and unary tests as the other rooms use them: compiled once, evaluated often."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from .builtins import BUILTINS
from .compile import Compiler
from .env import Code, Env, Test
from .errors import FeelError, FeelSyntaxError, place
from .limits import Work, too_deep
from .parser import Parser
from .types import Type

Functions = Mapping[str, Callable[..., Any]]


class Expression:
    """A compiled expression.

    `text` is what was written, without the optional `=` or `${}`; `names` the roots of the variables it reads from
    outside, `calls` the functions it calls.
    """

    __slots__ = ("_code", "calls", "names", "text")

    def __init__(self, text: str, code: Code, names: frozenset[str], calls: frozenset[str]) -> None:
        self.text, self._code, self.names, self.calls = text, code, names, calls

    def evaluate(self, context: Mapping[str, Any]) -> Any:
        """The value over the variables of `context`, which is read through `get` only; a missing name is null.

        Raises FeelLimitError when it takes too much work, and whatever a domain function raises.
        """
        try:
            return self._code(Env(context, None, Work()))
        except RecursionError:
            raise too_deep() from None

    def evaluate_in(self, env: Env) -> Any:
        """The value in a frame of an evaluation already under way."""
        return self._code(env)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class UnaryTests:
    """A compiled cell: tests of a value."""

    __slots__ = ("_test", "calls", "names", "text")

    def __init__(self, text: str, test: Test, names: frozenset[str], calls: frozenset[str]) -> None:
        self.text, self._test, self.names, self.calls = text, test, names, calls

    def matches(self, value: Any, context: Mapping[str, Any]) -> bool | None:
        """Whether the value satisfies the cell; null when it cannot be compared."""
        try:
            return _verdict(self._test(value, Env(context, None, Work())))
        except RecursionError:
            raise too_deep() from None

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"


def _verdict(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def compile_expression(
    text: str,
    *,
    functions: Functions = {},
    names: Collection[str] | None = None,
    fields: Collection[str] = (),
    types: Mapping[str, Type] | None = None,
    open_calls: bool = False,
) -> Expression:
    """Compile FEEL; a leading `=` or a wrapping `${...}` is taken off.

    `functions` are domain functions by name, called with FEEL values by position or name.  `names` are the variables
    known to exist (those of several words must be declared to be understood); a function among them is called as a
    variable.  `fields` are names of context entries that may follow a dot.  `types` serve `instance of`.
    `open_calls` leaves unknown functions to run time, where they are null.  Raises FeelSyntaxError, FeelError for an
    unknown function, FeelLimitError.
    """
    text, shift = unwrapped(text)
    if not text.strip():
        raise FeelSyntaxError("表达式为空", "the expression is empty", text, 1, 1)
    parser = _parser(text, functions, names, fields)
    try:
        node = parser.whole_expression()
        code = Compiler(functions, names or (), types, open_calls).code(node)
    except RecursionError:
        raise too_deep() from None
    except FeelError as error:
        raise _located(error, text, shift, parser) from None
    return Expression(text, code, frozenset(parser.free), frozenset(parser.calls))


def compile_unary_tests(
    text: str,
    *,
    functions: Functions = {},
    names: Collection[str] | None = None,
    fields: Collection[str] = (),
    types: Mapping[str, Type] | None = None,
    open_calls: bool = False,
) -> UnaryTests:
    """Compile the cell of a decision table: `-`, `< 5`, `"a", "b"`, `not(...)`, `? > 3`; see compile_expression."""
    if not text.strip():
        text = "-"
    parser = _parser(text, functions, names, fields)
    try:
        node = parser.whole_unary_tests()
        test = Compiler(functions, names or (), types, open_calls).tests(node)
    except RecursionError:
        raise too_deep() from None
    except FeelError as error:
        raise _located(error, text, 0, parser) from None
    return UnaryTests(text, test, frozenset(parser.free), frozenset(parser.calls))


def _parser(text: str, functions: Functions, names: Collection[str] | None, fields: Collection[str]) -> Parser:
    return Parser(text, names or (), frozenset(BUILTINS) | frozenset(functions), fields)


def unwrapped(text: str) -> tuple[str, int]:
    """The expression inside `= ...` or `${...}`, and how many characters stood before it."""
    stripped = text.strip()
    lead = len(text) - len(text.lstrip())
    if stripped.startswith("${") and stripped.endswith("}"):
        return stripped[2:-1], lead + 2
    if stripped.startswith("="):
        return stripped[1:], lead + 1
    return text, 0


def _located(error: FeelError, text: str, shift: int, parser: Parser) -> FeelError:
    """The same error with its place in the text the author wrote, wrapper included."""
    line, column = error.line, error.column
    if not line:
        for name, offset in parser.calls.items():
            if f"“{name}”" in error.zh:
                line, column = place(text, offset)
    if line == 1:
        column += shift
    return type(error)(error.zh, error.en, text, line, column)


def suggestion(name: str, known: Collection[str]) -> str | None:
    """The known name nearest to a mistyped one."""
    near = difflib.get_close_matches(name, known, 1, 0.6)
    return near[0] if near else None
