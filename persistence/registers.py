"""The registers of an office: its ledger of side processes, its archive, and what waits to be tried again.

Like every query of pages, they answer only what the actor may see (`reading.Sight`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.mine import MOST_COUNTED
from persistence.reading import OFTEN, PAGE, Reading, Row, among
from persistence.search import matches, may_match
from persistence.sight import Sight, seen

OPEN, OVERDUE, CLOSED = "open", "overdue", "closed"
"""What a ledger can be filtered by."""


def ledger(
    read: Reading, sight: Sight, process: str, now: datetime, *, state: str = "", page: int = 1, size: int = PAGE
) -> list[Row]:
    """Instances of a side process with their order's columns (`order_…`), the latest first; one more than a page.

    `state`: all, `open`, `closed`, or `overdue` (open, and a limit of the instance has passed with its work undone).
    """
    i, o, d = t.instance.c, t.work_order.c, t.deadline.c
    columns = [o[name].label(f"order_{name}") for name in ("number", "title", "kind", "facts", "deployment")]
    instance = [i[name] for name in ("id", "order_id", "process", "vars", "started_at", "started_by", "ended_at")]
    late = sa.exists().where(d.order_id == i.order_id, d.instance == i.id, *_late(now))
    query = sa.select(*instance, *columns, late.label("late")).select_from(_LEDGER)
    query = query.where(*_lines(sight, process, now, state)).order_by(i.started_at.desc(), i.id)
    return read.rows(query.limit(size + 1).offset((page - 1) * size))


_LEDGER = t.instance.join(t.work_order, t.work_order.c.id == t.instance.c.order_id)


def _lines(sight: Sight, process: str, now: datetime, state: str) -> Iterator[sa.ColumnElement[bool]]:
    i, d = t.instance.c, t.deadline.c
    yield i.process == process
    yield seen(sight)
    if state == CLOSED:
        yield i.ended_at.is_not(None)
    elif state:
        yield i.ended_at.is_(None)
    if state == OVERDUE:
        # Begun from the few that are late, not from the many that are open.
        yield i.id.in_(sa.select(d.instance).where(d.process == process, d.due_at < now, *_late(now)))


def _late(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    d = t.deadline.c
    running = d.cancelled_at.is_(None), d.ended_at.is_(None), d.held_by.is_(None)
    return d.soft.is_(False), *running, sa.or_(d.fired_at.is_not(None), d.due_at < now)


def count_ledger(read: Reading, sight: Sight, process: str, now: datetime) -> dict[str, int]:
    """How many are open and how many overdue, which is what waits for somebody; `MOST_COUNTED` of each at most."""
    lines = sa.select(t.instance.c.id).select_from(_LEDGER)
    states = (OPEN, OVERDUE)
    counts: list[Any] = [_count(lines.where(*_lines(sight, process, now, one))).label(one) for one in states]
    return dict(read.rows(sa.select(*counts))[0])


def _count(rows: sa.Select[Any]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(rows.limit(MOST_COUNTED).subquery()).scalar_subquery()


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
    query = query.order_by(o.archived_at.desc(), o.id).limit(PAGE + 1).offset((page - 1) * PAGE)
    query = query.where(seen(sight), o.archived_at.is_not(None))
    if text:
        archived = (o.office == sight.office, o.archived_at.is_not(None))
        latest = sa.select(t.work_order).where(*archived).order_by(o.archived_at.desc(), o.id)
        lately = latest.limit(OFTEN).subquery().c
        rows = read.rows(query.where(o.id.in_(sa.select(lately.id).where(matches(text, lately)))))
        if len(rows) > PAGE:
            return rows
        few = read.few(*archived, may_match(text))
        if few == []:
            return []
        query = query.where(among(few), matches(text))
    return read.rows(query)


def incidents(read: Reading, office: str, *, page: int = 1) -> list[Row]:
    """What could not be done and is being retried, the latest first: with its order and its deadline or batch, or with
    the duty (`office`, `pack`, `process`) that could not be opened."""
    i, o, d, r = t.incident.c, t.work_order.c, t.deadline.c, t.recurrence.c
    columns = [
        *(o[name].label(f"order_{name}") for name in ("number", "title", "deployment")),
        *(d[name] for name in ("element", "name", "timer")),
        sa.func.coalesce(d.due_at, r.due_at, type_=t.Instant).label("due_at"),
        sa.func.coalesce(d.retry_at, r.retry_at, i.retry_at, type_=t.Instant).label("next_at"),
    ]
    duty = sa.and_(r.office == i.office, r.pack == i.pack, r.process == i.process)
    tables = _INCIDENTS.outerjoin(t.deadline, d.id == i.deadline_id).outerjoin(t.recurrence, duty)
    query = sa.select(t.incident, *columns).select_from(tables).where(_unresolved(office))
    return read.rows(query.order_by(i.last_at.desc(), i.id).limit(PAGE + 1).offset((page - 1) * PAGE))


def count_incidents(read: Reading, office: str) -> int:
    """How many wait to be tried again; `MOST_COUNTED` at most."""
    some = sa.select(t.incident.c.id).select_from(_INCIDENTS).where(_unresolved(office))
    return int(read.rows(sa.select(_count(some).label("n")))[0]["n"])


_INCIDENTS = t.incident.outerjoin(t.work_order, t.work_order.c.id == t.incident.c.order_id)


def _unresolved(office: str) -> sa.ColumnElement[bool]:
    its = sa.or_(t.work_order.c.office == office, t.incident.c.office == office)
    return sa.and_(its, t.incident.c.resolved_at.is_(None))
