"""One durable step on SQLite with `synchronous=FULL`: through our door, and in the bare library's loop.

Ours is cold: what is kept in memory between commands is forgotten before each step, as in a server that sees an order
for the first time. Both sides do the same step of the same diagram in turn; figures are medians.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import sqlalchemy as sa

from bench.bare import Bare
from bench.rows import ms, row
from persistence import tables as t
from tests.small import FOLDER, MONDAY, Small

Step = tuple[str, dict[str, Any]]
FIRST: tuple[Step, ...] = (
    ("accept", {"decision": "accept"}),
    ("dispatch", {"lead_unit": "housing"}),
    ("sign_for", {}),
    ("handle", {"result_text": "done"}),
    ("review", {"decision": "rework"}),
)
ROUND: tuple[Step, ...] = (("rework", {}), ("review", {"decision": "rework"}))
BARE = "bare SpiffWorkflow loop"
ORDERS = 30
OLD_ORDERS = 6
LATE_ROUND = 200


class Ours:
    """The small pack in a database of its own."""

    def __init__(self, url: str) -> None:
        self.small = Small(url)

    def start(self) -> str:
        return self.small.receive()

    def complete(self, order_id: str, step: Step, *, warm: bool = False) -> float:
        """Seconds of one step. The task's id is looked up before: a page has it."""
        element, values = step
        task = self.small.task(order_id, element).id
        if not warm:
            self.small.forget()
        begun = perf_counter()
        self.small.complete_task(task, element, values, MONDAY)
        return perf_counter() - begun

    def statements(self, order_id: str, step: Step) -> int:
        """SQL statements of a cold step, without BEGIN and COMMIT; an executemany is one."""
        counted: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("BEGIN", "COMMIT")):
                counted.append(statement)

        engine = self.small.database.engine
        sa.event.listen(engine, "before_cursor_execute", count)
        element, values = step
        task = self.small.task(order_id, element).id
        self.small.forget()
        counted.clear()
        self.small.complete_task(task, element, values, MONDAY)
        sa.event.remove(engine, "before_cursor_execute", count)
        return len(counted)

    def state_size(self, order_id: str) -> int:
        """Characters of everything that a step loads and saves of the order: token state, variables, facts."""
        o, i = t.work_order.c, t.instance.c
        order = sa.select(o.facts, o.done, o.started, o.units).where(o.id == order_id)
        with self.small.database.reading() as connection:
            texts = [str(value) for value in connection.execute(order).one()]
            live = sa.select(i.state, i.vars).where(i.order_id == order_id, i.ended_at.is_(None))
            texts += [str(value) for found in connection.execute(live) for value in found]
        return sum(map(len, texts))


def measure(what: Callable[[Ours, Bare], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """One measurement, in new databases on a disk, where a commit costs what it costs."""
    scratch = Path(__file__).parent / ".tmp"
    scratch.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=scratch) as folder:
        ours, bare = Ours(f"sqlite:///{Path(folder) / 'ours.db'}"), Bare(FOLDER / "main.bpmn", Path(folder))
        try:
            return what(ours, bare)
        finally:
            ours.small.close()
            bare.connection.close()


def first(ours: Ours, bare: Bare) -> list[dict[str, Any]]:
    cold, warm, theirs = [], [], []
    for _ in range(ORDERS):
        order, other, instance = ours.start(), ours.start(), bare.start()
        for step in FIRST:
            cold.append(ours.complete(order, step))
            theirs.append(_timed(lambda: bare.complete(instance, *step)))  # noqa: B023
            warm.append(ours.complete(other, step, warm=True))
    return [
        row("step_sqlite_first", "ms", ms(cold), ms(theirs), BARE, goal=2, n=len(cold)),
        row("step_sqlite_first_warm", "ms", ms(warm), ms(theirs), BARE, goal=None, n=len(warm)),
    ]


def round_20(ours: Ours, bare: Bare) -> list[dict[str, Any]]:
    cold, theirs = [], []
    for _ in range(OLD_ORDERS):
        order, instance = ours.start(), bare.start()
        for step in (*FIRST, *ROUND * 19):
            ours.complete(order, step, warm=True)
            bare.complete(instance, *step)
        for step in ROUND * 2:
            cold.append(ours.complete(order, step))
            theirs.append(_timed(lambda: bare.complete(instance, *step)))  # noqa: B023
    return [row("step_sqlite_round_20", "ms", ms(cold), ms(theirs), BARE, goal=1, n=len(cold))]


def flat(ours: Ours, bare: Bare) -> list[dict[str, Any]]:
    """Round 200 beside round 2, in turn."""
    old = ours.start()
    _play(ours, old, (*FIRST, *ROUND * (LATE_ROUND - 1)))
    late, early = [], []
    late_size = early_size = 0
    for _ in range(OLD_ORDERS * 2):
        young = ours.start()
        _play(ours, young, (*FIRST, *ROUND))
        late_size, early_size = ours.state_size(old), ours.state_size(young)
        for step in ROUND * 2:
            late.append(ours.complete(old, step))
            early.append(ours.complete(young, step))
    return [
        row("flat_step", "ms", ms(late), ms(early), f"our step at round 2, not {LATE_ROUND}", goal=1.2, n=len(late)),
        row("flat_state", "characters", late_size, early_size, "our state at round 2", goal=1.2, n=1),
    ]


def statements(ours: Ours, bare: Bare) -> list[dict[str, Any]]:
    order = ours.start()
    most = max(ours.statements(order, step) for step in (*FIRST, *ROUND))
    n = len(FIRST) + len(ROUND)
    return [row("sql_statements", "statements", most, 12, "the budget of a step", goal=1, n=n)]


def _play(ours: Ours, order: str, steps: Sequence[Step]) -> None:
    for step in steps:
        ours.complete(order, step, warm=True)


def _timed(call: Callable[[], object]) -> float:
    begun = perf_counter()
    call()
    return perf_counter() - begun
