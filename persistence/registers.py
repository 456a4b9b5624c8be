"""The registers of an office: its ledger of side processes, its archive, and what waits to be tried again.

Like every query of pages, they answer only what the actor may see (`reading.Sight`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.reading import MOST_COUNTED, PAGE, Reading, Row, Sight, matches, seen

OPEN, OVERDUE, CLOSED = "open", "overdue", "closed"
"""What a ledger can be filtered by."""


def ledger(
    read: Reading, sight: Sight, process: str, now: datetime, *, state: str = "", page: int = 1, size: int = PAGE
) -> list[Row]:
    """Instances of a side process with their order's columns (`order_…`), the latest first; one more than a page.

    `state`: all, `open`, `closed`, or `overdue` (open, and a limit of the instance has passed with its work undone).
    """
    query = _ledger(sight, process, now, state).order_by(t.instance.c.started_at.desc(), t.instance.c.id)
    return read.rows(query.limit(size + 1).offset((page - 1) * size))


def _ledger(sight: Sight, process: str, now: datetime, state: str) -> sa.Select[Any]:
    i, o, d = t.instance.c, t.work_order.c, t.deadline.c
    columns = [o[name].label(f"order_{name}") for name in ("number", "title", "kind", "facts", "deployment")]
    instance = [i[name] for name in ("id", "order_id", "process", "vars", "started_at", "started_by", "ended_at")]
    running = (
        d.soft.is_(False),
        d.cancelled_at.is_(None),
        d.ended_at.is_(None),
        d.held_by.is_(None),
        sa.or_(d.fired_at.is_not(None), d.due_at < now),
    )
    late = sa.exists().where(d.order_id == i.order_id, d.instance == i.id, *running)
    query = (
        sa.select(*instance, *columns, late.label("late"))
        .select_from(t.instance.join(t.work_order, o.id == i.order_id))
        .where(i.process == process, seen(sight))
    )
    if state == CLOSED:
        query = query.where(i.ended_at.is_not(None))
    elif state:
        query = query.where(i.ended_at.is_(None))
    if state == OVERDUE:
        # Begun from the few that are late, not from the many that are open.
        query = query.where(i.id.in_(sa.select(d.instance).where(d.process == process, d.due_at < now, *running)))
    return query


def count_ledger(read: Reading, sight: Sight, process: str, now: datetime) -> dict[str, int]:
    """How many are open, overdue, closed; more than a few hundred are not counted."""
    counts = {}
    with read.connection() as connection:
        for state in (OPEN, OVERDUE, CLOSED):
            first = _ledger(sight, process, now, state).limit(MOST_COUNTED).subquery()
            counts[state] = int(connection.execute(sa.select(sa.func.count()).select_from(first)).scalar() or 0)
    return counts


def deadlines_of_instances(read: Reading, instances: Collection[str]) -> list[Row]:
    """Every deadline of these instances, by due time."""
    c = t.deadline.c
    query = sa.select(t.deadline).where(c.order_id.in_(_orders_of(instances)), c.instance.in_(list(instances)))
    return read.rows(query.order_by(t.deadline.c.due_at, t.deadline.c.id))


def finished_tasks_of_instances(read: Reading, instances: Collection[str]) -> list[Row]:
    """Every completed task of these instances, by when it was done."""
    c = t.task.c
    query = sa.select(t.task).where(
        c.order_id.in_(_orders_of(instances)), c.instance.in_(list(instances)), c.outcome == "completed"
    )
    return read.rows(query.order_by(c.closed_at, c.id))


def _orders_of(instances: Collection[str]) -> sa.Select[Any]:
    """Tasks and deadlines are found by their order: an index on the instance would be one more to write."""
    return sa.select(t.instance.c.order_id).where(t.instance.c.id.in_(list(instances)))


def archive(read: Reading, sight: Sight, *, text: str = "", page: int = 1) -> list[Row]:
    """Archived orders, the latest first, with `kept_until` and `over` (the limit that archiving set has passed).

    `text`: part of the title, or the beginning of the number or of the archive number.
    """
    o, d = t.work_order.c, t.deadline.c
    after = (d.order_id == o.id, d.soft.is_(False), d.cancelled_at.is_(None), d.due_at > o.archived_at)
    kept_until = sa.select(sa.func.max(d.due_at, type_=t.Instant)).where(*after).correlate(t.work_order)
    over = sa.exists().where(*after, d.fired_at.is_not(None))
    query = sa.select(t.work_order, kept_until.scalar_subquery().label("kept_until"), over.label("over"))
    query = query.where(seen(sight), o.archived_at.is_not(None))
    if text:
        facts = sa.type_coerce(o.facts, sa.Text)
        query = query.where(sa.or_(matches(text), facts.contains(f'"archive_no":"{text}', autoescape=True)))
    return read.rows(query.order_by(o.archived_at.desc(), o.id).limit(PAGE + 1).offset((page - 1) * PAGE))


def incidents(read: Reading, office: str, *, page: int = 1) -> list[Row]:
    """What could not be done and is being retried, with its order and its deadline or batch, the latest first."""
    i, o, d = t.incident.c, t.work_order.c, t.deadline.c
    columns = [
        *(o[name].label(f"order_{name}") for name in ("number", "title", "deployment")),
        *(d[name] for name in ("element", "name", "timer", "due_at")),
        sa.func.coalesce(d.retry_at, i.retry_at, type_=t.Instant).label("next_at"),
    ]
    tables = t.incident.join(t.work_order, o.id == i.order_id).outerjoin(t.deadline, d.id == i.deadline_id)
    query = sa.select(t.incident, *columns).select_from(tables)
    query = query.where(o.office == office, i.resolved_at.is_(None)).order_by(i.last_at.desc(), i.id)
    return read.rows(query.limit(PAGE + 1).offset((page - 1) * PAGE))


def count_incidents(read: Reading, office: str) -> int:
    """How many wait to be tried again; more than a page is not counted."""
    return len(incidents(read, office))
