"""The process that gets killed: commands and sweeps without end, each acknowledged on a line once it is committed.

Several run side by side on the same orders, as web processes and workers do. Time is virtual and goes on where the
journal stopped, or a day before or after it. A line is `WHAT KEY`: `try` before a form is sent in, then `received`,
`completed` or `fired`, on which whoever reads may rely for ever, or `refused`, `failed`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from persistence import tables as t
from processes import verbs
from processes.door import Door
from processes.errors import Refusal
from tests.small import AGENT, DOES, MONDAY, Small

ANSWERS = {
    "accept": {"decision": "accept"},
    "dispatch": {"lead_unit": "housing"},
    "handle": {"result_text": "办了"},
}
LIVE_ORDERS = 12
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a process does with itself. `dies`: (`before` or `after`, at which commit), or None to be killed from
    outside; `step`: how far its clock is off.
    """

    seed: int
    dies: tuple[str, int] | None = None
    step: timedelta = timedelta()


class Busy:
    """`pipe`: a file descriptor that takes the lines."""

    def __init__(self, url: str, plan: Plan, pipe: int) -> None:
        self._pipe, self._random = pipe, Random(plan.seed)
        self.small = Small(url, deploy=False)
        with self.small.database.reading() as connection:
            now = connection.execute(sa.select(sa.func.max(t.journal.c.happened_at))).scalar() or MONDAY
        self.now: datetime = max(now, MONDAY) + plan.step
        self.door = self.small.door
        if plan.dies:
            self._die_at(*plan.dies)

    def say(self, what: str, key: str) -> None:
        os.write(self._pipe, f"{what} {key}\n".encode())

    def work(self) -> None:
        """Never returns."""
        self.say("ready", str(os.getpid()))
        while True:
            self.now += timedelta(minutes=self._random.randrange(240))
            try:
                self._turn()
            except sa.exc.DBAPIError as error:  # the database is away, or its disk is full
                self.say("failed", type(error.orig).__name__)

    def _turn(self) -> None:
        small, random = self.small, self._random
        with small.database.reading() as connection:
            open_tasks = sa.select(t.task.c.id, t.task.c.element).where(t.task.c.closed_at.is_(None)).limit(200)
            tasks = connection.execute(open_tasks).all()
        if len(tasks) < LIVE_ORDERS:
            order_id = uuid4().hex
            values = {"request_type": "complaint", "title": "积水", "phone": "13800138000"}
            self._send("received", order_id, lambda: verbs.receive(
                self.door, AGENT, "small", values, self.now, personal={"phone"}, order_id=order_id))  # fmt: skip
            return
        for order_id in small.read.due_orders(self.now, 2):
            done = verbs.fire_due(self.door, order_id, self.now)
            # Another one may have been first, or have cancelled it: then nothing was done.
            for fired in done.fired:
                self.say("fired", fired.id)
        task = random.choice(tasks)
        answers: dict[str, Any] = ANSWERS.get(task.element, {})
        if task.element == "review":
            answers = {"decision": random.choice(["rework", "close", "close"])}
        self._send("completed", task.id, lambda: verbs.complete(
            self.door, DOES[task.element], task.id, answers, self.now))  # fmt: skip

    def _send(self, what: str, key: str, form: Callable[[], object]) -> None:
        self.say("try", key)
        try:
            form()
            self.say(what, key)
        except Refusal:
            self.say("refused", key)

    def _die_at(self, when: str, commit: int) -> None:
        """kill -9 at a commit: just before it is sent to the database, or when it is through and nobody knows yet."""
        commits = 0

        def count(*_: object) -> None:
            nonlocal commits
            commits += 1
            if commits == commit:
                os.kill(os.getpid(), signal.SIGKILL)

        if when == BEFORE:
            sa.event.listen(self.small.database.engine, "commit", count)
        else:
            door = self.small.door
            self.door = Door(door.store, door.regulations, door.calendar, saved=count)


def work(url: str, plan: Plan, pipe: int) -> None:
    """In a process of its own. Never returns."""
    Busy(url, plan, pipe).work()
