"""What a scenario tells: its order or orders, its steps, and what is expected at each.

Plain descriptions, read by `files.py`, played by `play.py`. Nodes are kept wherever a fault may have to be pointed at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.scenarios.lines import Node
from app.scenarios.moments import Forward

Fields = Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Who:
    """`role`, `role@unit` or `role@unit:person`. Without a person the same role and unit is always the same one."""

    role: str
    unit: str | None
    person: str | None
    node: Node

    @property
    def user(self) -> str:
        return self.person or (f"{self.role}@{self.unit}" if self.unit else self.role)


@dataclass(frozen=True, slots=True)
class Act:
    """What a step does. `kind`: complete, send, receive, deploy, calendar…; `what`: the value of that key."""

    kind: str
    what: Node
    values: Fields = field(default_factory=dict)
    """The answers of `with`."""
    effective_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class WantedRefusal:
    """The step must be refused with this code; `says` is part of the sentence."""

    code: str
    says: str | None
    node: Node


@dataclass(frozen=True, slots=True)
class Expected:
    """One key of `expect`, its value read into plain Python (see `files.EXPECTATIONS`)."""

    key: str
    value: Any
    node: Node


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `at`: None means the time of the step before; `order`: None means the only one; `of`: a case of the
    office, by its process."""

    node: Node
    at: datetime | Forward | None
    who: Who | None
    order: Node | None
    of: Node | None
    act: Act | None
    refused: WantedRefusal | None
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story. `orders`: answers of the intake form by name of the order; "" is the order without a name.
    `confirmed`: the masked values that are confirmed when it begins; None if it says nothing of them."""

    name: str
    pack: str
    node: Node
    start: datetime
    units: Mapping[str, Mapping[str, Any]]
    orders: Mapping[str, Node]
    steps: tuple[Step, ...]
    confirmed: frozenset[str] | None = None

    def duties(self) -> set[str]:
        """Processes of the office that the story tells of: only these come round in its virtual time."""
        named = {step.of.text() for step in self.steps if step.of is not None}
        return named | {step.act.what.text() for step in self.steps if step.act and step.act.kind == "start"}
