"""Where compiled code finds its variables.

An `Env` is one frame: the caller's mapping at the bottom, a small dict for each `for`, filter, context or call on
top.  The caller's mapping is read through `get` and never copied, so it may be lazy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .limits import Work
from .values import PLAIN, adopt


class Env:
    """One frame of variables over the outer ones, and the work the evaluation has left."""

    __slots__ = ("names", "outer", "work")

    def __init__(self, names: Mapping[str, Any], outer: Env | None, work: Work) -> None:
        self.names = names
        self.outer = outer
        self.work = work

    def inner(self, names: Mapping[str, Any]) -> Env:
        """A frame on top of this one."""
        return Env(names, self, self.work)


Code = Callable[[Env], Any]
Test = Callable[[Any, Env], Any]


def find(env: Env, name: str, default: Any = None) -> Any:
    """The innermost value of a name, or `default`."""
    frame: Env | None = env
    while frame is not None:
        if name in frame.names:
            value = frame.names[name]
            return value if type(value) in PLAIN else adopt(value)
        frame = frame.outer
    return default
