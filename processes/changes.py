"""What a command has to write, by id: new rows, and rows that were there and are different now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from processes.order import Deadline, Instance, Task

Part = Instance | Task | Deadline


@dataclass(slots=True)
class Changes:
    """The objects are those of the aggregate. Nothing is both new and changed."""

    new_instances: dict[str, Instance] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    new_tasks: dict[str, Task] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    new_deadlines: dict[str, Deadline] = field(default_factory=dict)
    deadlines: dict[str, Deadline] = field(default_factory=dict)
    new_units: set[str] = field(default_factory=set)

    def add(self, part: Part) -> None:
        """It was not there before."""
        new, _ = self._kept(part)
        new[part.id] = part

    def touch(self, part: Part) -> None:
        """It is different now."""
        new, changed = self._kept(part)
        if part.id not in new:
            changed[part.id] = part

    def include(self, later: Changes) -> None:
        """What a later command changed; what is new stays new."""
        for new in (later.new_instances, later.new_tasks, later.new_deadlines):
            for part in new.values():
                self.add(part)
        for changed in (later.instances, later.tasks, later.deadlines):
            for part in changed.values():
                self.touch(part)
        self.new_units |= later.new_units

    def _kept(self, part: Part) -> tuple[dict[str, Any], dict[str, Any]]:
        match part:
            case Instance():
                return self.new_instances, self.instances
            case Task():
                return self.new_tasks, self.tasks
            case Deadline():
                return self.new_deadlines, self.deadlines
