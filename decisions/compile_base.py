"""What the parts of the compiler share: its settings, and the way to compile a child."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping

from . import syntax as tree
from .env import Code
from .types import Type


class BaseCompiler(ABC):
    """`frames` counts the frames above the caller's mapping at the place being compiled."""

    functions: Collection[str]
    names: Collection[str]
    types: Mapping[str, Type]
    frames: int

    @abstractmethod
    def code(self, node: tree.Node) -> Code:
        """The closure of a node."""

    def inner_code(self, node: tree.Node) -> Code:
        """The closure of a node that runs one frame further in."""
        self.frames += 1
        try:
            return self.code(node)
        finally:
            self.frames -= 1
