"""What was said beside what is there: every form journalled once or not at all, every deadline fired once or still due.

`Said` collects what clients and processes were told; `Tally` counts it against the database, in the keys of
`bench/soak.json`. Rows and journal must tell the same story, whatever was killed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.platform import Platform
from persistence import tables as t
from persistence.audit import verify
from processes import verbs
from processes.people import Actor
from tests.crash.busy import ANSWERS
from tests.small import DOES, MONDAY


@dataclass
class Said:
    """Keys (of orders and tasks) by what became of them, as far as anybody outside knows."""

    tried: set[str] = field(default_factory=set)
    received: set[str] = field(default_factory=set)
    completed: set[str] = field(default_factory=set)
    fired: list[str] = field(default_factory=list)

    def hear(self, lines: str) -> None:
        """Lines of a `busy` process; what follows the last line break was never finished."""
        for line in lines[: lines.rfind("\n") + 1].splitlines():
            what, _, key = line.partition(" ")
            if what == "try":
                self.tried.add(key)
            elif what == "received":
                self.received.add(key)
            elif what == "completed":
                self.completed.add(key)
            elif what == "fired":
                self.fired.append(key)


@dataclass
class Tally:
    """Names as in `bench/soak.json`. `submitted`: forms sent in; `journalled`: entries of forms."""

    orders: int = 0
    submitted: int = 0
    journalled: int = 0
    deadlines_due: int = 0
    fired_once: int = 0
    lost: int = 0
    doubled: int = 0
    kills: int = 0
    database_restarts: int = 0
    stuck: int = 0
    chains_intact: bool = False
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def faultless(self) -> bool:
        faults = self.lost + self.doubled + self.stuck + abs(self.deadlines_due - self.fired_once)
        return self.chains_intact and not faults

    def __add__(self, other: Tally) -> Tally:
        """Of two databases; the seed is the same."""
        both = {name: getattr(self, name) + getattr(other, name) for name in asdict(self)}
        return Tally(**both | {"seed": self.seed, "chains_intact": self.chains_intact and other.chains_intact})


def count(platform: Platform, said: Said) -> Tally:
    """The state of things against what was said."""
    tally = Tally(submitted=len(said.tried), chains_intact=verify(platform.database).intact)
    with platform.database.reading() as connection:
        acts: Counter[tuple[str, str, str]] = Counter()
        of_orders = sa.select(t.journal.c.order_id, t.journal.c.act, t.journal.c.element, t.journal.c.instance)
        for row in connection.execute(of_orders.where(t.journal.c.order_id.is_not(None))):
            acts[row.order_id, row.act, row.element or ""] += 1
        orders = connection.execute(sa.select(t.work_order.c.id, t.work_order.c.number)).all()
        tasks = connection.execute(sa.select(t.task).where(t.task.c.outcome == "completed")).mappings().all()
        fired = connection.execute(sa.select(t.deadline).where(t.deadline.c.fired_at.is_not(None))).mappings().all()
        notices = list(connection.execute(sa.select(t.outbox.c.key)).scalars())
        reminders = Counter(connection.execute(sa.select(t.outbox.c.order_id)).scalars())
    tally.orders = len(orders)
    by_rows = Counter((row["order_id"], "complete", row["element"]) for row in tasks)
    by_rows += Counter((one.id, "receive", "received") for one in orders)
    forms = Counter({key: n for key, n in acts.items() if key[1] in ("complete", "receive")})
    tally.journalled = forms.total()
    fires = Counter({key: n for key, n in acts.items() if key[1] == "fire"})
    by_deadlines = Counter((row["order_id"], "fire", row["element"]) for row in fired)
    tally.deadlines_due = by_deadlines.total()
    tally.fired_once = (by_deadlines & fires).total()
    reminded = Counter(row["order_id"] for row in fired if row["element"] == "extension_window")
    known = {row["id"] for row in tasks} | {one.id for one in orders}
    # A form that was acknowledged and left no row, a row without its entry, a reminder that was never written.
    tally.lost = len((said.received | said.completed) - known)
    tally.lost += (by_rows - forms).total() + (by_deadlines - fires).total() + (reminded - reminders).total()
    # An entry without its row is a second one; no deadline fires for two processes, no number is given twice.
    tally.doubled = (forms - by_rows).total() + (fires - by_deadlines).total() + (reminders - reminded).total()
    tally.doubled += len(said.fired) - len(set(said.fired)) + len(notices) - len(set(notices))
    tally.doubled += len(orders) - len({one.number for one in orders})
    tally.lost += len(set(said.fired) - {row["id"] for row in fired})
    return tally


def finish(platform: Platform, said: Said) -> int:
    """Sweep long after the last due time, then do all that is open; how many orders could not be finished.

    The forms sent here are submitted ones too.
    """
    with platform.database.reading() as connection:
        last = connection.execute(sa.select(sa.func.max(t.deadline.c.due_at))).scalar() or MONDAY
        begun = connection.execute(sa.select(sa.func.max(t.journal.c.happened_at))).scalar() or MONDAY
    now = max(last, begun) + timedelta(days=30)
    while due := platform.read.due_orders(now, 1_000):
        with platform.database.batch():
            for order_id in due:
                verbs.fire_due(platform.door, order_id, now)
    unfinished = sa.select(t.work_order.c.id).where(t.work_order.c.closed_at.is_(None))
    with platform.database.reading() as connection:
        orders = list(connection.execute(unfinished).scalars())
    for order_id in orders:
        for _ in range(8):
            _do_what_is_open(platform, order_id, now, said)
    with platform.database.reading() as connection:
        stuck = len(connection.execute(unfinished).all())
    return stuck + len(platform.read.due_orders(now + timedelta(days=3650), 10))


def _do_what_is_open(platform: Platform, order_id: str, now: Any, said: Said) -> None:
    for row in platform.read.open_tasks_of(order_id):
        answers = {"decision": "close"} if row["element"] == "review" else ANSWERS.get(row["element"], {})
        does = DOES[row["element"]]
        # Whoever did the work may not review it: somebody new does each step.
        somebody = Actor(f"last_{row['id'][:8]}", does.name, does.duties)
        said.tried.add(row["id"])
        verbs.complete(platform.door, somebody, row["id"], answers, now)
