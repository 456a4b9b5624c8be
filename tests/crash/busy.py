"""The process that gets killed: commands and sweeps without end, each acknowledged on a line once it is committed.

Time is virtual and goes on where the journal stopped. A line is `received ORDER`, `completed TASK` or `fired DEADLINE`;
whoever reads it may rely on it for ever.
"""

from __future__ import annotations

import os
from datetime import timedelta
from random import Random
from uuid import uuid4

import sqlalchemy as sa

from persistence import tables as t
from processes import verbs
from tests.small import AGENT, DOES, MONDAY, Small

ANSWERS = {
    "accept": {"decision": "accept"},
    "dispatch": {"lead_unit": "housing"},
    "handle": {"result_text": "办了"},
}
LIVE_ORDERS = 12


def work(url: str, seed: int, pipe: int) -> None:
    """Never returns. Acknowledges into the pipe (a file descriptor)."""

    def acknowledge(what: str, key: str) -> None:
        os.write(pipe, f"{what} {key}\n".encode())

    small, random = Small(url), Random(seed)
    with small.database.reading() as connection:
        now = connection.execute(sa.select(sa.func.max(t.journal.c.happened_at))).scalar() or MONDAY
    now = max(now, MONDAY)
    open_tasks = sa.select(t.task.c.id, t.task.c.element).where(t.task.c.closed_at.is_(None))
    acknowledge("ready", str(seed))
    while True:
        now += timedelta(minutes=random.randrange(240))
        with small.database.reading() as connection:
            tasks = connection.execute(open_tasks).all()
        if len(tasks) < LIVE_ORDERS:
            order_id = uuid4().hex
            values = {"request_type": "complaint", "title": "积水", "phone": "13800138000"}
            verbs.receive(small.door, AGENT, "small", values, now, personal={"phone"}, order_id=order_id)
            acknowledge("received", order_id)
            continue
        for deadline in small.read.due_deadlines(now, 2):
            verbs.fire_deadline(small.door, deadline, now)
            acknowledge("fired", deadline)
        task = random.choice(tasks)
        answers = ANSWERS.get(task.element, {})
        if task.element == "review":
            answers = {"decision": random.choice(["rework", "close"])}
        verbs.complete(small.door, DOES[task.element], task.id, answers, now)
        acknowledge("completed", task.id)
