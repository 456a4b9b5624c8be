"""Expressions and unary tests as the other rooms use them: compiled once, evaluated often."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from .builtins import BUILTINS
from .compile import Compiler
from .env import Code, Env, Test
from .errors import FeelError, FeelSyntaxError, place
from .limits import Idle, Work, too_deep
from .parser import Parser
from .types import Type

Functions = Mapping[str, Callable[..., Any]]
NO_FUNCTIONS: Functions = MappingProxyType({})

# For expressions without loops and calls, which take no steps: the same for all of them.
IDLE = Idle(NO_FUNCTIONS)
BUILT_IN_NAMES = frozenset(BUILTINS)


class Expression:
    """A compiled expression.

    `text` is what was written, without the optional `=` or `${}`; `names` the roots of the variables it reads from
    outside, `calls` the functions it calls.
    """

    __slots__ = ("_code", "_functions", "_works", "calls", "names", "text")

    def __init__(self, text: str, code: Code, functions: Functions, parser: Parser) -> None:
        self._works = parser.works
        self.text, self._code, self._functions = text, code, functions
        self.names, self.calls = frozenset(parser.free), frozenset(parser.calls)

    def evaluate(self, context: Mapping[str, Any]) -> Any:
        """The value over the variables of `context`, which is read through `get` only; a missing name is null.

        Raises FeelLimitError when it takes too much work, and whatever a domain function raises.
        """
        try:
            return self._code(Env(context, None, Work(self._functions) if self._works else IDLE))
        except RecursionError:
            raise too_deep() from None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class UnaryTests:
    """A compiled cell: tests of a value."""

    __slots__ = ("_functions", "_test", "_works", "calls", "names", "text")

    def __init__(self, text: str, test: Test, functions: Functions, parser: Parser) -> None:
        self._works = parser.works
        self.text, self._test, self._functions = text, test, functions
        self.names, self.calls = frozenset(parser.free), frozenset(parser.calls)

    def matches(self, value: Any, context: Mapping[str, Any]) -> bool | None:
        """Whether the value satisfies the cell; null when it cannot be compared."""
        try:
            work = Work(self._functions) if self._works else IDLE
            return _verdict(self._test(value, Env(context, None, work)))
        except RecursionError:
            raise too_deep() from None

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"


def _verdict(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def compile_expression(
    text: str, *, functions: Functions = NO_FUNCTIONS, names: Collection[str] | None = None
) -> Expression:
    """Compile FEEL; a leading `=` or a wrapping `${...}` is taken off.

    `functions` are domain functions by name, called with FEEL values by position or name.  `names` are the
    variables known to exist; those of several words must be declared to be understood, and a function value among
    them can be called.  Raises FeelSyntaxError, FeelError for an unknown function, FeelLimitError.
    """
    code, parser = Reading(functions, names or ()).expression(text)
    return Expression(parser.text, code, functions, parser)


def compile_unary_tests(
    text: str, *, functions: Functions = NO_FUNCTIONS, names: Collection[str] | None = None
) -> UnaryTests:
    """Compile a cell: `-`, `< 5`, `"a", "b"`, `not(...)`, `? > 3`; otherwise as compile_expression."""
    test, parser = Reading(functions, names or ()).unary_tests(text)
    return UnaryTests(text, test, functions, parser)


@dataclass(frozen=True, slots=True)
class Reading:
    """What texts are read against: names of domain functions, declared variables, entries that may follow a dot,
    named types, and how many frames will stand over the caller's mapping.
    """

    functions: Collection[str] = ()
    names: Collection[str] = ()
    fields: Collection[str] = ()
    types: Mapping[str, Type] = field(default_factory=dict)
    frames: int = 0

    def expression(self, text: str) -> tuple[Code, Parser]:
        """The code of an expression, which may stand in `= ...` or `${...}`."""
        bare, before = unwrapped(text)
        if not bare.strip():
            raise FeelSyntaxError("表达式为空", "the expression is empty", text, 1, 1)
        with self._located(text, bare, before) as parser:
            return self._compiler().code(parser.whole_expression()), parser

    def unary_tests(self, text: str) -> tuple[Test, Parser]:
        """The code of a cell; an empty one is `-`."""
        with self._located(text, text if text.strip() else "-", 0) as parser:
            return self._compiler().tests(parser.whole_unary_tests()), parser

    def inner(self, *names: str) -> Reading:
        """The same with more names bound in one more frame."""
        return replace(self, names=frozenset(self.names) | set(names), frames=self.frames + 1)

    def _compiler(self) -> Compiler:
        return Compiler(self.functions, self.names, self.types, self.frames)

    @contextmanager
    def _located(self, text: str, bare: str, before: int) -> Iterator[Parser]:
        """Give errors their place in the author's text, of which `bare` begins after so many characters."""
        parser: Parser | None = None
        try:
            parser = Parser(bare, self.names, BUILT_IN_NAMES | frozenset(self.functions), self.fields)
            yield parser
        except RecursionError:
            raise too_deep() from None
        except FeelError as error:
            raise _located(error, text, before, parser) from None


def unwrapped(text: str) -> tuple[str, int]:
    """The expression inside `= ...` or `${...}`, and how many characters stood before it."""
    stripped = text.strip()
    lead = len(text) - len(text.lstrip())
    if stripped.startswith("${") and stripped.endswith("}"):
        return stripped[2:-1], lead + 2
    if stripped.startswith("="):
        return stripped[1:], lead + 1
    return text, 0


def _located(error: FeelError, text: str, before: int, parser: Parser | None) -> FeelError:
    """The same error with its place in the text the author wrote."""
    line, column = error.line, error.column
    if not line and parser is not None:
        for name, offset in parser.calls.items():
            if f"“{name}”" in error.zh:
                line, column = place(parser.text, offset)
    if line == 1:
        column += place(text, before)[1] - 1
    if line:
        line += place(text, before)[0] - 1
    return type(error)(error.zh, error.en, text, line, column)


def suggestion(name: str, known: Collection[str]) -> str | None:
    """The known name nearest to a mistyped one."""
    near = difflib.get_close_matches(name, known, 1, 0.6)
    return near[0] if near else None
