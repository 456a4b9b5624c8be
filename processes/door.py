"""The one door: everything that changes an order goes through `Door.command`.

In one transaction it locks the order, loads the aggregate, fires the order's deadlines that are already past, lets the
verb act, and saves state, tasks, deadlines, notices and journal together. If anything raises, nothing is written and
the aggregate in memory is thrown away.

A deadline due exactly at the instant of the command has not passed: work handed in at the due second is in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from processes import due_times
from processes.command import Command
from processes.errors import AlreadyHandled, RunawayProcess
from processes.order import Deadline, Order, Refused, Task
from processes.people import SYSTEM, Actor
from processes.regulation import Regulation
from processes.store import Store, Transaction
from timers.calendar import Calendar

MAX_FIRED = 500
"""Deadlines of one order that one command may fire. More means a diagram that arms timers in the past for ever."""


class Regulations(Protocol):
    """Where compiled deployments come from."""

    def of(self, number: int) -> Regulation: ...
    def in_force(self, office: str, at: datetime, pack: str | None = None) -> Regulation:
        """Of the pack named, or of the office's first. Raises `NoDeployment`."""
        ...


@dataclass(frozen=True, slots=True)
class Result:
    """What a command did. `fired`: deadlines that passed before it acted (or that it fired)."""

    order: Order
    opened: tuple[Task, ...] = ()
    refused: tuple[Refused, ...] = ()
    fired: tuple[Deadline, ...] = ()
    personal: tuple[str, ...] = ()


class Door:
    """`calendar()` gives the calendar in force; `saved(order)` hears of every commit (it wakes the scheduler)."""

    def __init__(
        self,
        store: Store,
        regulations: Regulations,
        calendar: Callable[[], Calendar],
        saved: Callable[[Order], None] | None = None,
    ) -> None:
        self.store = store
        self.regulations = regulations
        self.calendar = calendar
        self._saved = saved

    @contextmanager
    def command(
        self, find: Callable[[Transaction], Order], actor: Actor, now: datetime, *, fire_past: bool = True
    ) -> Iterator[tuple[Command, Transaction]]:
        """A command on the order that `find` loads. Its deadlines before `now` have fired when the body begins."""
        with self.store.transaction() as work:
            order = find(work)
            command = Command(order, self.regulations.of(order.deployment), self.calendar(), actor, now, work)
            if fire_past:
                fire_passed(command)
            yield command, work
            fire_passed(command)
            if command.entries:
                work.save(order, command.changes, command.entries, command.notices)
        if self._saved is not None:
            self._saved(order)

    @contextmanager
    def receipt(
        self, order_of: Callable[[Transaction, Regulation], Order], regulation: Regulation, actor: Actor, now: datetime
    ) -> Iterator[tuple[Command, Transaction]]:
        """The first command of a new order."""
        with self.store.transaction() as work:
            order = order_of(work, regulation)
            command = Command(order, regulation, self.calendar(), actor, now, work)
            yield command, work
            fire_passed(command)
            work.save(order, command.changes, command.entries, command.notices)
        if self._saved is not None:
            self._saved(order)


def fire_passed(command: Command, until: datetime | None = None) -> list[Deadline]:
    """Fire the order's deadlines that lie before the command, in order of due time, each at its own logical time.

    Held ones wait for their decision. What a firing arms in the past fires in its turn.
    """
    until = until or command.happened_at
    fired: list[Deadline] = []
    while True:
        due = [d for d in command.order.deadlines.values() if d.waits and d.due_at < until]
        if not due:
            return fired
        if len(fired) >= MAX_FIRED:
            raise RunawayProcess("时限反复触发，已中止，未作任何更改。", "Deadlines keep firing; nothing was changed.")
        order = command.regulation.definitions.processes
        positions = (
            {p.id: {name: i for i, name in enumerate(p.elements)} for p in order.values()} if len(due) > 1 else {}
        )
        first = min(due, key=lambda d: (d.due_at, positions.get(d.process, {}).get(d.element, 0)))
        fire(command, first)
        fired.append(first)


def fire(command: Command, deadline: Deadline) -> None:
    """Fire one deadline. Its branch runs with the due instant as `now`, so that what follows starts when it should."""
    instance = command.order.instances.get(deadline.instance)
    if instance is None or deadline.fired_at is not None or deadline.cancelled_at is not None:
        raise AlreadyHandled()
    with command.acting(
        "fire",
        at=due_times.happens_at(deadline),
        actor=SYSTEM,
        element=deadline.element,
        due_at=deadline.due_at,
    ) as notes:
        notes["instance"] = instance.id
        if deadline.timer:
            notes["timer"] = deadline.timer
        deadline.fired_at = command.happened_at
        command.fired.append(deadline)
        command.touch_deadline(deadline)
        run = command.run(instance)
        run.fire(deadline.task)
        command.sync(instance, run)
