"""Work on many orders, done in slices: where it stands, and how it goes on after any interruption.

A batch walks through the orders that still need it by their ids. Each order is a command of its own; where the walk
stands is noted after every order, so that whoever takes over repeats one order at most, and repeating changes nothing.
An order that fails becomes an incident of the batch and is tried again apart from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.store import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Batch:
    """`what`: what it applies (a calendar's version). `done` of `total` orders; `failed` of those became incidents."""

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
        """The next orders after where the batch stands whose running deadlines follow another calendar."""
        c = t.deadline.c
        running = (t.DEADLINE_RUNS, c.calendar != calendar)
        query = sa.select(c.order_id).where(*running, c.order_id > batch.last_order).distinct()
        with self._database.reading() as connection:
            return [str(one) for one in connection.execute(query.order_by(c.order_id).limit(most)).scalars()]

    def passed(self, batch: int, order_id: str, *, failed: bool) -> None:
        """The walk is past this order. Two who walk at once never move it back."""
        c = t.batch.c
        step = t.batch.update().where(c.id == batch, c.last_order < order_id)
        step = step.values(last_order=order_id, done=c.done + 1, failed=c.failed + int(failed))
        with self._database.transaction() as work:
            work.connection.execute(step)

    def end(self, batch: int, now: datetime) -> None:
        with self._database.transaction() as work:
            work.connection.execute(
                t.batch.update().where(t.batch.c.id == batch, t.batch.c.ended_at.is_(None)).values(ended_at=now)
            )

    def _rows(self, query: sa.Select[Any]) -> list[Batch]:
        with self._database.reading() as connection:
            return [Batch(**row) for row in connection.execute(query).mappings()]
