"""Duties that come round: one row per office, pack and duty says when it is next due.

A duty's process starts on a repeating interval (`R/2023-01-01T00:00:00+08:00/P1M`). The sweep opens one office case per
occurrence and moves the row on in the same transaction, so that no two sweeps open the same occurrence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from persistence import tables as t
from persistence.store import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`due_at`: the next occurrence."""

    office: str
    pack: str
    process: str
    interval: str
    due_at: datetime


class Recurrences:
    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, office: str, pack: str, duties: dict[str, tuple[str, datetime]]) -> None:
        """The duties of a pack: process → interval and next occurrence. Rows of an unchanged interval stay as they are;
        duties that are no longer named end."""
        c = t.recurrence.c
        its = (c.office == office, c.pack == pack)
        with self._database.transaction() as work:
            run = work.connection.execute
            known = {row.process: row.interval for row in run(sa.select(c.process, c.interval).where(*its))}
            for process, interval in known.items():
                if interval != duties.get(process, ("",))[0]:
                    run(t.recurrence.delete().where(*its, c.process == process))
            for process, (interval, due_at) in duties.items():
                if known.get(process) != interval:
                    row = {"office": office, "pack": pack, "process": process, "interval": interval}
                    run(t.recurrence.insert(), {**row, "due_at": due_at})

    def due(self, now: datetime) -> list[Recurrence]:
        """Duties whose time has come, the earliest first."""
        c = t.recurrence.c
        ready = sa.or_(c.retry_at.is_(None), c.retry_at <= now)
        return self._rows(
            sa.select(t.recurrence).where(c.due_at <= now, ready).order_by(c.due_at, c.office, c.pack, c.process)
        )

    def all(self, office: str) -> list[Recurrence]:
        query = sa.select(t.recurrence).where(t.recurrence.c.office == office)
        return self._rows(query.order_by(t.recurrence.c.process, t.recurrence.c.pack))

    def next_due(self) -> datetime | None:
        c = t.recurrence.c
        query = sa.select(c.due_at, c.retry_at).order_by(c.due_at)
        with self._database.reading() as connection:
            return min((row.retry_at or row.due_at for row in connection.execute(query)), default=None)

    def move_on(self, work: UnitOfWork, occurrence: Recurrence, to: datetime) -> bool:
        """Claim an occurrence inside a transaction. False if another sweep has it."""
        update = t.recurrence.update().where(_this(occurrence)).values({"due_at": to, "retry_at": None})
        return work.connection.execute(update).rowcount == 1

    def put_off(self, occurrence: Recurrence, until: datetime) -> None:
        """After a failure: try this occurrence again later."""
        with self._database.transaction() as work:
            work.connection.execute(t.recurrence.update().where(_this(occurrence)).values(retry_at=until))

    def _rows(self, query: sa.Select[tuple[object, ...]]) -> list[Recurrence]:
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings()
            return [Recurrence(r["office"], r["pack"], r["process"], r["interval"], r["due_at"]) for r in rows]


def _this(occurrence: Recurrence) -> sa.ColumnElement[bool]:
    """The row, as long as it still stands at this occurrence."""
    c = t.recurrence.c
    return sa.and_(
        c.office == occurrence.office,
        c.pack == occurrence.pack,
        c.process == occurrence.process,
        c.due_at == occurrence.due_at,
    )
