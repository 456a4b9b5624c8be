"""How much work one expression may ask for.

FEEL has no unbounded loop, but it has ranges, recursion, powers, repetition and patterns.  One evaluation owns
one `Work`: steps are taken from it by loops, calls and everything whose cost grows with its data, so that any
expression ends, with a result or with a `FeelLimitError`, within about a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .errors import FeelLimitError

MAX_TEXT = 20_000  # characters of one expression
MAX_NESTING = 60  # brackets, ifs, calls inside each other
MAX_CHAIN = 200  # operators, dots and brackets one after the other: `a + b + c`, `a.b.c`
MAX_STEPS = 25_000  # loop turns, calls, list elements touched in one evaluation
MAX_DEPTH = 60  # calls of user functions inside each other
MAX_LIST = 10_000  # elements of one list
MAX_STRING = 200_000  # characters of one string
MAX_DIGITS = 6_144  # largest decimal exponent, as in IEEE 754 decimal128


class Work:
    """What one evaluation carries along: the steps and the depth of calls it has left, and its domain functions.

    `strict` makes parts of a DMN model that are broken raise instead of being null; `trace` collects the rules of
    decision tables that matched.
    """

    # Class attributes, because a Work is made for every evaluation and rarely changed.
    left = MAX_STEPS
    depth = 0
    trace: Sequence[Any] = ()

    def __init__(self, functions: Mapping[str, Callable[..., Any]], strict: bool = True) -> None:
        self.functions = functions
        self.strict = strict

    def note(self, rule: Any) -> None:
        """Add a rule that matched to the trace."""
        self.trace = (*self.trace, rule)

    def spend(self, steps: int) -> None:
        """Take `steps`; raises FeelLimitError when none are left."""
        self.left -= steps
        if self.left < 0:
            raise FeelLimitError(
                f"表达式的计算量超过上限（{MAX_STEPS} 步）",
                f"the expression needs more than {MAX_STEPS} steps",
            )

    def enter(self, weight: int) -> None:
        """One call deeper, into a body of some weight."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise too_deep()
        self.spend(1 + weight)


class Idle(Work):
    """The work of expressions without loops, calls and contexts: their text bounds what they can cost."""

    def spend(self, steps: int) -> None:
        """Nothing to count."""


def too_deep() -> FeelLimitError:
    """The error for calls or brackets nested too deeply."""
    return FeelLimitError("表达式嵌套或递归过深", "the expression is nested or recurses too deeply")


def checked_length(length: int) -> None:
    """Refuse a list that would be too long."""
    if length > MAX_LIST:
        raise FeelLimitError(
            f"列表过长：{length} 项，上限 {MAX_LIST} 项",
            f"a list of {length} items exceeds the limit of {MAX_LIST}",
        )


def checked_string(length: int) -> None:
    """Refuse a string that would be too long."""
    if length > MAX_STRING:
        raise FeelLimitError(
            f"文本过长：上限 {MAX_STRING} 个字符", f"a string exceeds the limit of {MAX_STRING} characters"
        )
