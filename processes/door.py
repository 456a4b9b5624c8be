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


class Door:
    """`calendar(office)` gives the calendar in force there; `saved(next_due)` hears of every commit, and when the next
    deadline of its order passes (the scheduler)."""

    def __init__(
        self,
        store: Store,
        regulations: Regulations,
        calendar: Callable[[str], Calendar],
        saved: Callable[[datetime | None], None] | None = None,
    ) -> None:
        self.store = store
        self.regulations = regulations
        self.calendar = calendar
        self._saved = saved

    @contextmanager
    def command(
        self, find: Callable[[Transaction], Order], actor: Actor, now: datetime
    ) -> Iterator[tuple[Command, Transaction]]:
        """A command on the order that `find` loads. Its deadlines before `now` have fired when the body begins."""
        with self.store.transaction() as work:
            order = find(work)
            regulation, calendar = self.regulations.of(order.deployment), self.calendar(order.office)
            command = Command(order, regulation, calendar, work, actor, now, work)
            fire_passed(command)
            yield command, work
            next_due = self._finish(command, work)
        self._tell(command, next_due)

    @contextmanager
    def receipt(
        self, order_of: Callable[[Transaction], Order], regulation: Regulation, actor: Actor, now: datetime
    ) -> Iterator[tuple[Command, Transaction]]:
        """The first command of the new order that `order_of` makes."""
        with self.store.transaction() as work:
            order = order_of(work)
            command = Command(order, regulation, self.calendar(order.office), work, actor, now, work)
            yield command, work
            next_due = self._finish(command, work)
        self._tell(command, next_due)

    def _finish(self, command: Command, work: Transaction) -> datetime | None:
        fire_passed(command)
        if command.entries:
            work.save(command.order, command.changes, command.entries, command.notices)
        # Asked before the commit: after it, another thread may have the aggregate in hand.
        return command.order.next_due_at()

    def _tell(self, command: Command, next_due: datetime | None) -> None:
        if command.entries and self._saved is not None:
            self._saved(next_due)


def fire_passed(command: Command) -> None:
    """Fire the order's deadlines that lie before the command, in order of due time, each at its own logical time.

    Held ones wait for their decision. What a firing arms in the past fires in its turn.
    """
    for _ in range(MAX_FIRED + 1):
        due = [d for d in command.order.deadlines.values() if d.waits and d.due_at < command.happened_at]
        if not due:
            return
        fire(command, min(due, key=lambda d: (d.due_at, command.regulation.position(d.process, d.element))))
    raise RunawayProcess("时限反复触发，已中止，未作任何更改。", "Deadlines keep firing; nothing was changed.")


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
        command.changes.touch(deadline)
        run = command.run(instance)
        run.fire(deadline.task)
        command.sync(instance, run)
