"""kill -9 at any moment: what was acknowledged is there exactly once, no deadline is lost, and work goes on.

The seed is printed with a failure; `JIEBAN_CRASH_SEED` repeats it (what is killed still depends on the machine).
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random, SystemRandom

import pytest
import sqlalchemy as sa

from persistence import tables as t
from persistence.audit import verify
from processes import verbs
from tests.crash.busy import ANSWERS, work
from tests.small import DOES, MONDAY, Small

FORK = multiprocessing.get_context("fork")
KILLS = 4
LONGEST = 1.2
"""Seconds of work at most before a kill."""


def work_until_killed(url: str, seed: int, seconds: float) -> list[tuple[str, str]]:
    """Every acknowledged (what, id) of one process, killed `seconds` after it began to work."""
    reading, writing = os.pipe()
    # Forked, because a new interpreter would spend most of the time of this test on imports.
    process = FORK.Process(target=work, args=(url, seed, writing))
    process.start()
    os.close(writing)
    with os.fdopen(reading) as lines:
        assert lines.readline().startswith("ready")
        time.sleep(seconds)
        assert process.is_alive(), "it was still at work"
        process.kill()
        said = lines.read()
    process.join()
    whole = said[: said.rfind("\n") + 1].splitlines()
    return [(line.split()[0], line.split()[1]) for line in whole]


@pytest.fixture
def killed(database_url: str) -> Iterator[tuple[Small, list[tuple[str, str]]]]:
    """The database after several kills, and everything that was acknowledged."""
    seed = int(os.environ.get("JIEBAN_CRASH_SEED") or SystemRandom().randrange(10**6))
    print(f"JIEBAN_CRASH_SEED={seed}")
    random = Random(seed)
    Small(database_url).close()
    acknowledged: list[tuple[str, str]] = []
    for _ in range(KILLS):
        acknowledged += work_until_killed(database_url, random.randrange(10**6), random.uniform(0.05, LONGEST))
    small = Small(database_url)
    yield small, acknowledged
    small.close()


@pytest.mark.crash
@pytest.mark.slow
def test_after_kills_everything_acknowledged_is_there_once_and_nothing_is_lost(
    killed: tuple[Small, list[tuple[str, str]]],
) -> None:
    small, acknowledged = killed
    said = {what: [key for kind, key in acknowledged if kind == what] for what in ("received", "completed", "fired")}
    assert said["received"] and said["completed"]

    assert verify(small.database).intact
    journalled_once(small, said)
    finish_everything(small)
    found = verify(small.database)
    assert found.intact and found.orders >= len(said["received"])
    journalled_once(small, said)


def journalled_once(small: Small, said: dict[str, list[str]]) -> None:
    """Rows of tasks, deadlines and notices say exactly what the journal says, and contain what was acknowledged."""
    with small.database.reading() as connection:
        acts: Counter[tuple[str, str, str]] = Counter()
        for row in connection.execute(sa.select(t.journal).where(t.journal.c.order_id.is_not(None))).mappings():
            acts[row["order_id"], row["act"], row["element"] or ""] += 1
        tasks = connection.execute(sa.select(t.task).where(t.task.c.outcome == "completed")).mappings().all()
        fired = connection.execute(sa.select(t.deadline).where(t.deadline.c.fired_at.is_not(None))).mappings().all()
        notices = Counter(connection.execute(sa.select(t.outbox.c.order_id)).scalars())
        numbers = list(connection.execute(sa.select(t.work_order.c.number)).scalars())
    for order_id in said["received"]:
        assert acts[order_id, "receive", "received"] == 1
    assert set(said["completed"]) <= {row["id"] for row in tasks}
    assert set(said["fired"]) <= {row["id"] for row in fired}
    assert Counter((row["order_id"], "complete", row["element"]) for row in tasks) == Counter(
        {key: n for key, n in acts.items() if key[1] == "complete"}
    )
    assert Counter((row["order_id"], "fire", row["element"]) for row in fired) == Counter(
        {key: n for key, n in acts.items() if key[1] == "fire"}
    )
    assert notices == Counter(row["order_id"] for row in fired if row["element"] == "extension_window")
    assert len(numbers) == len(set(numbers))


def finish_everything(small: Small) -> None:
    """Sweep long after the last due time, then do all that is open: nothing may be stuck."""
    with small.database.reading() as connection:
        last = connection.execute(sa.select(sa.func.max(t.deadline.c.due_at))).scalar() or MONDAY
        orders = list(connection.execute(sa.select(t.work_order.c.id)).scalars())
    now = last + timedelta(days=30)
    for deadline in small.read.due_deadlines(now, 10_000):
        verbs.fire_deadline(small.door, deadline, now)
    assert small.read.due_deadlines(now, 10) == []
    for order_id in orders:
        for _ in range(8):
            for task in list(small.order(order_id).tasks.values()):
                answers = {"decision": "close"} if task.element == "review" else ANSWERS.get(task.element, {})
                verbs.complete(small.door, DOES[task.element], task.id, answers, now)
        assert small.order(order_id).closed_at is not None
    assert small.read.due_deadlines(now + timedelta(days=365), 10) == []
