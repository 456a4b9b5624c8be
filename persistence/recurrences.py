"""Duties that come round: one row per office, pack and duty says when it is next due.

A duty's process starts on a repeating interval (`R/2023-01-01T00:00:00+08:00/P1M`). The sweep opens one office case per
occurrence and moves the row on in the same transaction, so that no two sweeps open the same occurrence. A deployment is
planned once, when it has come into force: `planned` says which were.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from persistence import tables as t
from persistence.library import NEVER
from persistence.store import Database
from persistence.waiting import wait_is_over
from processes.errors import AlreadyHandled

Coming = tuple[str, datetime]
"""The interval that an occurrence comes by, and its instant."""
Next = Callable[[str, datetime], Coming | None]
"""What comes next of a process after an instant; None if nothing does."""

_MARK_PLANNED = sa.text("INSERT INTO planned (deployment) VALUES (:deployment) ON CONFLICT DO NOTHING")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`due_at`: the next occurrence."""

    office: str
    pack: str
    process: str
    interval: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Begin:
    """A deployment that counts from `at`: its effective date, or when it was deployed if that was later."""

    number: int
    office: str
    pack: str
    at: datetime


class Recurrences:
    def __init__(self, database: Database) -> None:
        self._database = database

    # -- what is planned --------------------------------------------------------------------------------------------

    def unplanned(self, now: datetime) -> list[Begin]:
        """Deployments that have come into force and are not planned yet, in the order in which they did."""
        c = t.deployment.c
        waiting = c.number.not_in(sa.select(t.planned.c.deployment))
        return [begin for begin, _ in self._begins(c.effective_from <= now, c.deployed_at <= now, waiting)]

    def timeline(self, office: str, pack: str, after: datetime) -> list[Begin]:
        """The deployments of a pack as one follows the other, from the one that counts just after an instant on."""
        c = t.deployment.c
        found: list[Begin] = []
        newest: tuple[datetime, int] | None = None
        for begin, effective_from in self._begins(c.office == office, c.pack == pack):
            if newest is not None and (effective_from, begin.number) < newest:
                continue  # a later one was in force already: this one never is
            newest = (effective_from, begin.number)
            if begin.at <= after:
                found.clear()
            found.append(begin)
        return found

    def _begins(self, *where: sa.ColumnElement[bool]) -> list[tuple[Begin, datetime]]:
        c = t.deployment.c
        query = sa.select(c.number, c.office, c.pack, c.effective_from, c.deployed_at).where(c.effective_from < NEVER)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(*where)).all()
        found = [
            (Begin(row.number, row.office, row.pack, max(row.effective_from, row.deployed_at)), row.effective_from)
            for row in rows
        ]
        return sorted(found, key=lambda one: (one[0].at, one[1], one[0].number))

    def plan(
        self,
        begin: Begin,
        processes: Collection[str],
        after: datetime,
        coming: Next,
    ) -> None:
        """Enter the duties of a deployment; nothing, if another sweep has. `coming(process, after)`: what comes next.

        A row that stands before it is still to be opened, and then goes on by itself.
        """
        c = t.recurrence.c
        its = (c.office == begin.office, c.pack == begin.pack)
        with self._database.transaction() as work:
            run = work.connection.execute
            if not run(_MARK_PLANNED, {"deployment": begin.number}).rowcount:
                return
            rows = {row.process: row for row in run(sa.select(t.recurrence).where(*its).with_for_update())}
            for process in {*processes, *rows}:
                row = rows.get(process)
                if row is not None and row.due_at <= after:
                    continue
                last_at = row.last_at if row is not None else None
                run(t.recurrence.delete().where(*its, c.process == process))
                found = coming(process, max(after, last_at or after))
                if found is not None:
                    values = {"office": begin.office, "pack": begin.pack, "process": process, "last_at": last_at}
                    run(t.recurrence.insert().values(values | {"interval": found[0], "due_at": found[1]}))

    # -- what comes -------------------------------------------------------------------------------------------------

    def due(self, now: datetime) -> list[Recurrence]:
        """Duties whose time has come, the earliest first."""
        c = t.recurrence.c
        ready = sa.or_(c.retry_at.is_(None), wait_is_over(c.retry_at, now))
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

    def move_on(self, occurrence: Recurrence, to: Coming | None, now: datetime) -> None:
        """Claim an occurrence, inside the transaction of the caller. None: the duty ends. Its incident is over.

        Raises `AlreadyHandled` if another sweep has it.
        """
        c, i = t.recurrence.c, t.incident.c
        this = (*of_duty(t.recurrence, occurrence), c.due_at == occurrence.due_at)
        with self._database.transaction() as work:
            run = work.connection.execute
            if to is None:
                claimed = run(t.recurrence.delete().where(*this))
            else:
                values = {"interval": to[0], "due_at": to[1], "last_at": occurrence.due_at, "retry_at": None}
                claimed = run(t.recurrence.update().where(*this).values(values))
            if not claimed.rowcount:
                raise AlreadyHandled()
            mine = (*of_duty(t.incident, occurrence), i.resolved_at.is_(None))
            run(t.incident.update().where(*mine).values(resolved_at=now))

    def _rows(self, query: sa.Select[tuple[object, ...]]) -> list[Recurrence]:
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings()
            return [Recurrence(r["office"], r["pack"], r["process"], r["interval"], r["due_at"]) for r in rows]


def of_duty(table: sa.Table, duty: Recurrence) -> tuple[sa.ColumnElement[bool], ...]:
    """Rows about this duty."""
    c = table.c
    return c.office == duty.office, c.pack == duty.pack, c.process == duty.process
