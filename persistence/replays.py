"""What replays ask of the store: which of their orders are through, and how those that were answered fared."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from persistence import tables as t
from persistence.store import Database


@dataclass(frozen=True, slots=True)
class Fared:
    """An order of a replay. `done_at`: when the first of the asked tasks was completed, `due_at` its limit."""

    order_id: str
    received_at: datetime
    started: dict[str, int]
    """Process → how many instances it had."""
    done_at: datetime | None
    due_at: datetime | None


def unfinished(database: Database, office: str, until: datetime) -> dict[str, bool]:
    """Every order that replays made: id → whether something is open, or falls due by `until`."""
    o, task, due = t.work_order.c, t.task.c, t.deadline.c
    ours = (o.office == office, o.replay.is_(True))
    open_task = sa.exists().where(task.order_id == o.id, task.closed_at.is_(None))
    open_deadline = sa.exists().where(due.order_id == o.id, t.DEADLINE_WAITS, due.due_at <= until)
    query = sa.select(o.id, sa.or_(open_task, open_deadline)).where(*ours)
    with database.reading() as connection:
        return {row[0]: bool(row[1]) for row in connection.execute(query)}


def fared(database: Database, office: str, elements: Collection[str]) -> list[Fared]:
    """The orders that replays made, with the task at one of `elements` that was completed first."""
    o, task = t.work_order.c, t.task.c
    orders = sa.select(o.id, o.received_at, o.started).where(o.office == office, o.replay.is_(True))
    done = sa.select(task.order_id, task.closed_at, task.due_at).where(
        task.office == office, task.element.in_(list(elements)), task.outcome == "completed"
    )
    first: dict[str, tuple[datetime, datetime | None]] = {}
    with database.reading() as connection:
        for row in connection.execute(done.order_by(task.closed_at.desc())):
            first[row.order_id] = (row.closed_at, row.due_at)
        found = connection.execute(orders).all()
    return [Fared(row.id, row.received_at, row.started, *first.get(row.id, (None, None))) for row in found]
