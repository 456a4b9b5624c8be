"""The working-day calendars in force, and the versions before them: each office has its own.

The published calendar ships with the product; each holiday notice that an office imports makes a new version for it.
A deadline remembers the version that it was computed with.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.direct import Query
from persistence.store import Database
from processes.people import Actor
from timers.calendar import Calendar, published_calendar
from timers.notice import Notice

_OFFICE: sa.BindParameter[str] = sa.bindparam("office", type_=sa.String)
NEWEST = Query(sa.select(sa.func.max(t.calendar.c.id).label("id")).where(t.calendar.c.office == _OFFICE))


class Calendars:
    """Keeps each office's newest version in memory; other processes' imports are seen by its row id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._current: dict[str, tuple[int, Calendar]] = {}

    def current(self, office: str) -> Calendar:
        with self._database.reading() as connection:
            newest = NEWEST.rows(connection, office=office)[0]["id"] or 0
            found = self._current.get(office)
            if found is None or found[0] != newest:
                found = self._current[office] = (newest, self._load(connection, newest))
        return found[1]

    def _load(self, connection: sa.Connection, row: int) -> Calendar:
        if not row:
            return published_calendar()
        c = t.calendar.c
        stored = connection.execute(sa.select(c.version, c.content).where(c.id == row)).one()
        # Offices that imported the same notices share what is prepared for their years.
        alike = (calendar for _, calendar in list(self._current.values()) if calendar.version == stored.version)
        return next(alike, None) or Calendar.from_json(stored.content)

    def adopt(self, office: str, notice: Notice, *, actor: Actor, now: datetime) -> Calendar:
        """The office's calendar with a notice becomes its current one. Adopting a notice again changes nothing."""
        with self._database.transaction() as work:
            # Two who import at once take turns: the second builds on what the first has committed.
            work.connection.execute(sa.select(t.office.c.id).where(t.office.c.id == office).with_for_update())
            before = self.current(office)
            calendar = before.with_notice(notice)
            if calendar.version != before.version:
                row = {"office": office, "version": calendar.version, "content": calendar.to_json(), "imported_at": now}
                row |= {"imported_by": actor.user, "source": notice.source}
                work.connection.execute(t.calendar.insert(), row)
        return calendar

    def affected_orders(self, office: str, calendar: Calendar) -> list[str]:
        """Ids of the office's orders with running deadlines that were computed with another version."""
        with self._database.reading() as connection:
            return list(connection.execute(elsewhere(office, calendar.version)).scalars())


def elsewhere(office: str, version: str) -> sa.Select[Any]:
    """Ids of the office's orders with running deadlines that follow another calendar, in order."""
    d, o = t.deadline.c, t.work_order.c
    query = sa.select(d.order_id).join_from(t.deadline, t.work_order, o.id == d.order_id).distinct()
    return query.where(t.DEADLINE_RUNS, d.calendar != version, o.office == office).order_by(d.order_id)
