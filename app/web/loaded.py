"""One order as a page needs it: its rows, its regulation, and the aggregate that rules can be asked about.

Everything is loaded through what the actor may see. Nothing here is locked or written: a page that is out of date is
found out by the verb, which loads the order again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from app.web import context
from processes import duties, verbs
from processes.answers import Answers
from processes.order import Order, Task
from processes.regulation import Regulation

Row = Mapping[str, Any]


class Loaded:
    """An order by its number, for the person of this request. Raises `NotFound`."""

    def __init__(self, number: str) -> None:
        self._read = context.platform().read
        self.row = self._read.order(context.sight(), number)
        self.regulation: Regulation = context.platform().library.of(self.row["deployment"])
        self.now: datetime = context.now()

    @cached_property
    def tasks(self) -> list[Row]:
        """Open tasks, the oldest first."""
        return self._read.open_tasks_of(self.row["id"])

    @cached_property
    def deadlines(self) -> list[Row]:
        return self._read.deadlines_of(self.row["id"])

    @cached_property
    def journal(self) -> list[Row]:
        return self._read.journal_of(self.row["id"])

    @cached_property
    def order(self) -> Order:
        """The aggregate, for asking only."""
        return self._read.aggregate(self.row)

    @cached_property
    def mine(self) -> list[Task]:
        """Open tasks that the person may do, the most urgent first."""
        found = [task for task in self.order.tasks.values() if duties.may_do(context.me(), self.order, task)]
        return sorted(found, key=lambda task: (task.due_at is None, task.due_at or task.opened_at))

    @cached_property
    def answers(self) -> Answers:
        """What expressions may ask about the order as it stands."""
        platform = context.platform()
        return Answers(self.order, self.regulation, context.calendar(), platform.read, context.me(), self.now)

    @cached_property
    def messages(self) -> list[str]:
        """Messages that the person could send now."""
        return verbs.may_send(self.answers, context.me())

    def scope(self, task: Task | None, now: datetime) -> Mapping[str, Any]:
        """The names that the form of a task (or of a new side process) sees."""
        instance = self.order.instances.get(task.instance) if task else None
        return context.platform().scope(self.order, instance, context.me(), now)
