"""What was said beside what is there: every form journalled once or not at all, every deadline fired once or still due.

`Said` collects what clients and processes were told; `Tally` counts it against the database, in the keys of
`bench/soak.json`. Rows and journal must tell the same story, whatever was killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.platform import Platform
from persistence import tables as t
from persistence.audit import verify
from processes import verbs
from processes.people import Actor
from tests.crash.busy import ANSWERS, fire_due
from tests.small import DOES, LONG_AGO, MONDAY


@dataclass
class Said:
    """What became of every attempt to send a form in, as far as anybody outside knows, by the key of order or task. An
    attempt of which nothing was heard was cut off by a kill. `writes_failed`: of any kind, deadlines too.
    """

    tried: Counter[str] = field(default_factory=Counter)
    received: set[str] = field(default_factory=set)
    completed: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    fired: list[str] = field(default_factory=list)
    writes_failed: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    """Attempts without an answer. A process that is killed leaves one at most."""

    def hear(self, lines: str) -> None:
        """Lines of one `busy` process until it was killed; what follows the last line break was never finished."""
        trying = ""
        for line in lines[: lines.rfind("\n") + 1].splitlines():
            what, _, key = line.partition(" ")
            if what == "fired":
                self.fired.append(key)
            elif what == "trouble":
                self.writes_failed += 1
            elif what == "try":
                assert not trying, f"nothing was said of {trying}"
                self.tried[key] += 1
                trying = key
            else:
                assert key == trying, line
                trying = ""
                self._answer(what, key)
        if trying:
            self.cut[trying] += 1

    def _answer(self, what: str, key: str) -> None:
        if what == "received":
            self.received.add(key)
        elif what == "completed":
            self.completed.add(key)
        elif what == "refused":
            self.refused[key] += 1
        else:
            assert what == "failed", what
            self.failed[key] += 1
            self.writes_failed += 1


@dataclass
class Tally:
    """Names as in `bench/soak.json`. `submitted`: forms sent in, each counted once however often it was tried;
    `journalled`: entries of forms; `deadlines_due`: rows that had to fire by the last sweep.

    Not in the file: forms that are not in the journal, by why: only ever refused; failed, because the database was away
    or its disk full; cut off by a kill before their commit.
    """

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
    refused: int = 0
    failed: int = 0
    cut: int = 0

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name not in ("refused", "failed", "cut")}

    @property
    def faultless(self) -> bool:
        """Every form is accounted for, and every deadline."""
        faults = self.lost + self.doubled + self.stuck + abs(self.deadlines_due - self.fired_once)
        faults += abs(self.submitted - self.journalled - self.refused - self.failed - self.cut)
        return self.chains_intact and not faults

    def __add__(self, other: Tally) -> Tally:
        """Of two databases; the seed is the same."""
        both = {name: getattr(self, name) + getattr(other, name) for name in asdict(self)}
        return Tally(**both | {"seed": self.seed, "chains_intact": self.chains_intact and other.chains_intact})


def count(platform: Platform, said: Said, swept_at: datetime = LONG_AGO) -> Tally:
    """The state of things against what was said. `swept_at`: what was due by then has to have fired."""
    tally = Tally(submitted=len(said.tried), chains_intact=verify(platform.database).intact)
    d = t.deadline.c
    # Not asked of `fired_at`: a deadline that was missed is due all the same. One whose work ended after its due time
    # should have fired before it was cancelled.
    in_force = sa.or_(d.cancelled_at.is_(None), d.cancelled_at > d.due_at)
    due_by_then = sa.select(d.order_id, d.element).where(in_force, d.held_by.is_(None), d.due_at < swept_at)
    with platform.database.reading() as connection:
        acts: Counter[tuple[str, str, str]] = Counter()
        of_orders = sa.select(t.journal.c.order_id, t.journal.c.act, t.journal.c.element, t.journal.c.instance)
        for row in connection.execute(of_orders.where(t.journal.c.order_id.is_not(None))):
            acts[row.order_id, row.act, row.element or ""] += 1
        orders = connection.execute(sa.select(t.work_order.c.id, t.work_order.c.number)).all()
        tasks = connection.execute(sa.select(t.task).where(t.task.c.outcome == "completed")).mappings().all()
        fired = connection.execute(sa.select(t.deadline).where(d.fired_at.is_not(None))).mappings().all()
        due = connection.execute(due_by_then).all()
        notices = list(connection.execute(sa.select(t.outbox.c.key)).scalars())
        reminders = Counter(connection.execute(sa.select(t.outbox.c.order_id)).scalars())
    tally.orders = len(orders)
    by_rows = Counter((row["order_id"], "complete", row["element"]) for row in tasks)
    by_rows += Counter((one.id, "receive", "received") for one in orders)
    forms = Counter({key: n for key, n in acts.items() if key[1] in ("complete", "receive")})
    tally.journalled = forms.total()
    fires = Counter({key: n for key, n in acts.items() if key[1] == "fire"})
    by_deadlines = Counter((row["order_id"], "fire", row["element"]) for row in fired)
    by_due = Counter((row.order_id, "fire", row.element) for row in due)
    tally.deadlines_due, tally.fired_once = by_due.total(), (by_due & fires).total()
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
    _account(tally, said, known)
    return tally


def _account(tally: Tally, said: Said, known: Collection[str]) -> None:
    """Why each form that is not in the journal is not there; and that each that is may be."""
    for key in said.tried:
        refused_only = said.refused[key] == said.tried[key]
        if key in known:
            tally.doubled += refused_only  # it was refused every time, and is there all the same
        elif said.cut[key]:
            tally.cut += 1
        elif said.failed[key]:
            tally.failed += 1
        else:
            tally.refused += refused_only
    tally.doubled += len(set(known) - set(said.tried))  # nobody sent it in


def finish(platform: Platform, said: Said) -> tuple[int, datetime]:
    """Sweep long after the last due time, then do all that is open; how many orders could not be finished, and when it
    was swept.

    The forms sent here are submitted ones too.
    """
    with platform.database.reading() as connection:
        last = connection.execute(sa.select(sa.func.max(t.deadline.c.due_at))).scalar() or MONDAY
        begun = connection.execute(sa.select(sa.func.max(t.journal.c.happened_at))).scalar() or MONDAY
    now = max(last, begun) + timedelta(days=30)
    while platform.read.due_orders(now, 1):
        with platform.database.batch():
            list(fire_due(platform, now, 1_000))
    unfinished = sa.select(t.work_order.c.id).where(t.work_order.c.closed_at.is_(None))
    with platform.database.reading() as connection:
        orders = list(connection.execute(unfinished).scalars())
    for order_id in orders:
        for _ in range(8):
            _do_what_is_open(platform, order_id, now, said)
    with platform.database.reading() as connection:
        stuck = len(connection.execute(unfinished).all())
    return stuck + len(platform.read.due_orders(now + timedelta(days=3650), 10)), now


def _do_what_is_open(platform: Platform, order_id: str, now: datetime, said: Said) -> None:
    for row in platform.read.open_tasks_of(order_id):
        answers = {"decision": "close"} if row["element"] == "review" else ANSWERS.get(row["element"], {})
        does = DOES[row["element"]]
        # Whoever did the work may not review it: somebody new does each step.
        somebody = Actor(f"last_{row['id'][:8]}", does.name, does.duties)
        said.tried[row["id"]] += 1
        verbs.complete(platform.door, somebody, row["id"], answers, now)
        said.completed.add(row["id"])
