"""The process that gets killed: commands and sweeps without end, each acknowledged on a line once it is committed.

Several run side by side on the same orders, as web processes and workers do. Time is virtual and goes on where the
journal stopped, or a day before or after it. A line is `WHAT KEY`: `try` before a form is sent in, then `received` or
`completed`, on which whoever reads may rely for ever, or `refused`, or `failed` by the database; `fired` for a
deadline, `trouble` where one could not be.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from app.platform import Platform
from persistence import tables as t
from processes import verbs
from processes.errors import Refusal
from processes.order import Deadline
from tests.crash.faults import die
from tests.small import AGENT, DOES, MONDAY, Small

ANSWERS = {
    "accept": {"decision": "accept"},
    "dispatch": {"lead_unit": "housing"},
    "handle": {"result_text": "办了"},
}
LIVE_ORDERS = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """What a process does with itself. `dies`: where (`faults.fault`), or None to be killed from outside; `step`: how
    far its clock is off; `failures`: it dies at the so-manyth write that fails (0: it goes on).
    """

    seed: int
    dies: str | None = None
    step: timedelta = timedelta()
    failures: int = 0


class Busy:
    """`pipe`: a file descriptor that takes the lines."""

    def __init__(self, url: str, plan: Plan, pipe: int) -> None:
        self._pipe, self._random, self._failures = pipe, Random(plan.seed), plan.failures
        self.small = Small(url, deploy=False)
        with self.small.database.reading() as connection:
            now = connection.execute(sa.select(sa.func.max(t.journal.c.happened_at))).scalar() or MONDAY
        self.now: datetime = max(now, MONDAY) + plan.step
        if plan.dies:
            die(plan.dies)

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
                self._failed("trouble", type(error.orig).__name__)

    def _turn(self) -> None:
        small, random = self.small, self._random
        with small.database.reading() as connection:
            open_tasks = sa.select(t.task.c.id, t.task.c.element).where(t.task.c.closed_at.is_(None)).limit(200)
            tasks = connection.execute(open_tasks).all()
        if len(tasks) < LIVE_ORDERS:
            order_id = uuid4().hex
            values = {"request_type": "complaint", "title": "积水", "phone": "13800138000"}
            self._send("received", order_id, lambda: verbs.receive(
                self.small.door, AGENT, "small", values, self.now, personal={"phone"}, order_id=order_id))  # fmt: skip
            return
        for fired in fire_due(small.platform, self.now, 2):
            self.say("fired", fired.id)
        task = random.choice(tasks)
        answers: dict[str, Any] = ANSWERS.get(task.element, {})
        if task.element == "review":
            answers = {"decision": random.choice(["rework", "close", "close"])}
        self._send("completed", task.id, lambda: verbs.complete(
            self.small.door, DOES[task.element], task.id, answers, self.now))  # fmt: skip

    def _send(self, what: str, key: str, form: Callable[[], object]) -> None:
        self.say("try", key)
        try:
            form()
            self.say(what, key)
        except Refusal:
            self.say("refused", key)
        except sa.exc.DBAPIError:
            self._failed("failed", key)

    def _failed(self, what: str, key: str) -> None:
        self.say(what, key)
        self._failures -= 1
        if self._failures == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def fire_due(platform: Platform, now: datetime, most: int) -> Iterator[Deadline]:
    """Fire what is due, as a sweep does; nothing, where another was first or has cancelled it."""
    for order_id in platform.read.due_orders(now, most):
        yield from verbs.fire_due(platform.door, order_id, now).fired


def work(url: str, plan: Plan, pipe: int) -> None:
    """In a process of its own. Never returns."""
    Busy(url, plan, pipe).work()
