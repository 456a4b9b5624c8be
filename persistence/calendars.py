"""The working-day calendar in force, and the versions before it.

The published calendar ships with the product; each imported holiday notice makes a new version. A deadline remembers
the version that it was computed with.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from persistence import tables as t
from persistence.direct import Query
from persistence.store import Database
from processes.people import Actor
from timers.calendar import Calendar, published_calendar

NEWEST = Query(sa.select(sa.func.max(t.calendar.c.id).label("id")))


class Calendars:
    """Keeps the newest version in memory; other processes' imports are seen by its row id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._current: tuple[int, Calendar] = (0, published_calendar())

    def current(self) -> Calendar:
        with self._database.reading() as connection:
            newest = NEWEST.rows(connection)[0]["id"] or 0
            if newest != self._current[0]:
                content = connection.execute(
                    sa.select(t.calendar.c.content).where(t.calendar.c.id == newest)
                ).scalar_one()
                self._current = (newest, Calendar.from_json(content))
        return self._current[1]

    def adopt(self, calendar: Calendar, *, actor: Actor, source: str, now: datetime) -> None:
        """Make a version the current one. Adopting the current one again changes nothing."""
        if calendar.version == self.current().version:
            return
        row = {
            "version": calendar.version,
            "content": calendar.to_json(),
            "imported_at": now,
            "imported_by": actor.user,
            "source": source,
        }
        with self._database.transaction() as work:
            work.connection.execute(t.calendar.insert(), row)

    def affected_orders(self, calendar: Calendar) -> list[str]:
        """Ids of orders with running deadlines that were computed with another version."""
        c = t.deadline.c
        query = sa.select(c.order_id).where(t.DEADLINE_RUNS, c.calendar != calendar.version).distinct()
        with self._database.reading() as connection:
            return [str(order_id) for order_id in connection.execute(query).scalars()]
