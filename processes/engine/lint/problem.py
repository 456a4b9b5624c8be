"""What the lint says, and what it is told about the world outside the diagram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one element, said so that its drawer can mend it.

    An `error` keeps the diagram from being deployed, a `warning` does not. `code` is documented in
    `docs/lint.md`. `element` is the id of a node, flow or process ("" for the file as a whole), `name` its
    label.
    """

    level: Level
    code: str
    file: str
    element: str
    name: str
    zh: str
    en: str

    def __str__(self) -> str:
        label = f"「{self.name}」" if self.name else ""
        return f"{self.file}: {self.element}{label} [{self.code}] {self.zh} {self.en}"


@dataclass(frozen=True, slots=True)
class Known:
    """What diagrams may refer to. `None` means: not known here, so references to it are not checked.

    `processes`, `messages` (names that some process waits for or starts with), `timers` (ids of timer
    events) and `elements` (ids of flow nodes) come on top of what the diagrams at hand hold themselves;
    `lint_pack` fills them in from all files.
    """

    roles: frozenset[str] | None = None
    forms: frozenset[str] | None = None
    decisions: frozenset[str] | None = None
    topics: frozenset[str] | None = None
    processes: frozenset[str] | None = None
    messages: frozenset[str] | None = None
    timers: frozenset[str] | None = None
    elements: frozenset[str] | None = None
