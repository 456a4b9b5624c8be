"""Counts for the operator: one small question each, answered from an index."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.store import Database


def open_tasks_by_lamp(database: Database, now: datetime, soon: timedelta) -> dict[str, int]:
    """Open tasks: `late` past due, `soon` due within so long, `ok` later, `none` without a limit."""
    due = t.task.c.due_at
    lamp = sa.case((due.is_(None), "none"), (due < now, "late"), (due < now + soon, "soon"), else_="ok")
    query = sa.select(lamp, sa.func.count()).where(t.task.c.closed_at.is_(None)).group_by(lamp)
    with database.reading() as connection:
        return {"late": 0, "soon": 0, "ok": 0, "none": 0} | {str(key): int(n) for key, n in connection.execute(query)}


def deadlines_due(database: Database, now: datetime) -> int:
    """Deadlines past due that wait to fire, those of replays left out."""
    d = t.deadline.c
    # Asked for each of them: PostgreSQL expects more than there are, and joined it would read all orders.
    unreal = sa.select(t.work_order.c.replay).where(t.work_order.c.id == d.order_id).scalar_subquery()
    return _count(database, sa.select(sa.func.count()).where(t.DEADLINE_WAITS, d.due_at < now, ~unreal))


def incidents_open(database: Database) -> int:
    return _count(database, sa.select(sa.func.count()).where(t.incident.c.resolved_at.is_(None)))


def _count(database: Database, query: sa.Select[Any]) -> int:
    with database.reading() as connection:
        return int(connection.execute(query).scalar() or 0)
