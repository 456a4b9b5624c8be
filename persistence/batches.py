"""Work on many orders, done in slices: where it stands, and how it goes on after any interruption.

A batch walks through the orders that still need it by their ids. Each order is a command of its own; where the walk
stands is noted after every order, so that whoever takes over repeats one order at most, and repeating changes nothing.
An order that fails becomes an incident of the batch and is tried again apart from it.

A command that was under way when the calendar was adopted may commit what it computed with the old one behind the walk.
So a batch ends only after a look at all orders that began when every such command was over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.calendars import elsewhere
from persistence.settling import horizon, is_over
from persistence.store import Database
from persistence.unit_of_work import UnitOfWork

LAST = -1


@dataclass(frozen=True, slots=True)
class Batch:
    """`what`: what it applies (a calendar's version). `done` of `total` orders; `failed` of those became incidents.
    `until`: the transactions that it waits for before its last look (`settling`); None while it walks, `LAST` in it."""

    id: int
    office: str
    kind: str
    what: str
    total: int
    done: int
    failed: int
    last_order: str
    begun_by: str
    begun_at: datetime
    ended_at: datetime | None
    until: int | None


class Batches:
    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, work: UnitOfWork, office: str, kind: str, what: str, total: int, by: str, now: datetime) -> int:
        """Enter a batch in a transaction of the caller, who commits what it is to be applied with it."""
        row = {
            "office": office, "kind": kind, "what": what, "total": total, "done": 0, "failed": 0, "last_order": "",
            "begun_by": by, "begun_at": now,
        }  # fmt: skip
        batch = int(work.connection.execute(t.batch.insert().values(row).returning(t.batch.c.id)).scalar_one())
        self.announce(work, batch)
        return batch

    def announce(self, work: UnitOfWork, batch: int) -> None:
        """There is a slice to be done."""
        if self._database.queue is not None:
            self._database.queue.announce_batch(work.connection, batch)

    def get(self, batch: int) -> Batch | None:
        found = self._rows(sa.select(t.batch).where(t.batch.c.id == batch))
        return found[0] if found else None

    def open(self) -> list[Batch]:
        """Batches that are not through, the oldest first."""
        return self._rows(sa.select(t.batch).where(t.batch.c.ended_at.is_(None)).order_by(t.batch.c.id))

    def latest(self, office: str, kind: str) -> Batch | None:
        c = t.batch.c
        found = self._rows(sa.select(t.batch).where(c.office == office, c.kind == kind).order_by(c.id.desc()).limit(1))
        return found[0] if found else None

    def slice(self, batch: Batch, calendar: str, most: int) -> list[str]:
        """The next orders after where the batch stands whose running deadlines follow another calendar. What failed
        in it is tried again apart from it."""
        d, i = t.deadline.c, t.incident.c
        failed = sa.select(i.order_id).where(i.batch == batch.id, i.resolved_at.is_(None))
        query = elsewhere(batch.office, calendar).where(d.order_id > batch.last_order, d.order_id.not_in(failed))
        with self._database.reading() as connection:
            return list(connection.execute(query.limit(most)).scalars())

    def passed(self, batch: int, order_id: str, *, failed: bool) -> None:
        """The walk is past this order. Two who walk at once never move it back."""
        c = t.batch.c
        step = t.batch.update().where(c.id == batch, c.last_order < order_id)
        total = sa.case((c.done < c.total, c.total), else_=c.done + 1)
        step = step.values(last_order=order_id, done=c.done + 1, total=total, failed=c.failed + int(failed))
        with self._database.transaction() as work:
            work.connection.execute(step)

    def end(self, batch: int, now: datetime) -> None:
        """The walk is through: end, or begin it anew for what was being committed behind it."""
        found = self.get(batch)
        if found is None or found.ended_at is not None:
            return
        with self._database.reading() as connection:
            until = found.until or horizon(connection)
            over = is_over(connection, until)
        values: dict[str, Any] = {"ended_at": now}
        if not over:
            values = {"until": until, "last_order": ""}
        elif found.until != LAST and self._left(found):
            values = {"until": LAST, "last_order": ""}
        c = t.batch.c
        with self._database.transaction() as work:
            work.connection.execute(t.batch.update().where(c.id == batch, c.ended_at.is_(None)).values(values))

    def _left(self, batch: Batch) -> bool:
        """Whether there is something to do for it; a newer calendar has a batch of its own."""
        c = t.calendar.c
        newest = sa.select(c.version).where(c.office == batch.office).order_by(c.id.desc()).limit(1)
        with self._database.reading() as connection:
            if connection.execute(newest).scalar() != batch.what:
                return False
        return bool(self.slice(replace(batch, last_order=""), batch.what, 1))

    def _rows(self, query: sa.Select[Any]) -> list[Batch]:
        with self._database.reading() as connection:
            return [Batch(**row) for row in connection.execute(query).mappings()]
