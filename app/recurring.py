"""Duties that come round, by the clock: notices, reports, appraisals.

The diagram's timer start event says how often; the store's `recurrence` row says when next. Each occurrence opens one
office case at its own instant, also after an outage. A duty that cannot be opened is tried again later, and the rest
goes on.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from app.platform import Platform
from persistence.recurrences import Recurrence, Recurrences
from persistence.store import UnitOfWork
from processes import verbs
from processes.errors import NoDeployment, NotFound, Refusal
from processes.people import SYSTEM
from processes.recurring import next_occurrence, period_before
from processes.regulation import Regulation

AGAIN = timedelta(minutes=10)


class Duties:
    """The recurring duties of all offices. `only`: no others than these processes (virtual time)."""

    def __init__(self, platform: Platform, only: Collection[str] | None = None) -> None:
        self._platform = platform
        self._only = only
        self._recurrences = Recurrences(platform.database)
        self._planned: set[int] = set()

    def sweep(self, now: datetime) -> int:
        """Plan what the regulations in force ask for, and open what has come by `now`. How many were opened."""
        library = self._platform.library
        for office in self._platform.read.offices():
            for number in library.numbers_in_force(office["id"], now):
                if number not in self._planned:
                    self.plan(library.of(number), now)
                    self._planned.add(number)
        return self.open_due(now)

    def plan(self, regulation: Regulation, now: datetime) -> None:
        """Enter the duties of a regulation that came into force; a new one begins with its next occurrence."""
        planned = {
            process: (interval, next_occurrence(interval, now, regulation.zone))
            for process, interval in regulation.recurring().items()
            if self._only is None or process in self._only
        }
        self._recurrences.set(regulation.office, regulation.name, planned)

    def next_due(self) -> datetime | None:
        return self._recurrences.next_due()

    def open_due(self, now: datetime) -> int:
        """Open what has come by `now`, each occurrence at its own instant."""
        opened = 0
        while True:
            due = self._recurrences.due(now)
            if not due:
                return opened
            for occurrence in due:
                try:
                    opened += self._open(occurrence, now)
                except (NoDeployment, NotFound):
                    self._recurrences.put_off(occurrence, now + timedelta(days=1))
                except Refusal:
                    self._recurrences.put_off(occurrence, now + AGAIN)

    def _open(self, occurrence: Recurrence, now: datetime) -> bool:
        platform = self._platform
        regulation = platform.library.in_force(occurrence.office, occurrence.due_at, occurrence.pack)
        following = next_occurrence(occurrence.interval, occurrence.due_at, regulation.zone)
        first, last = period_before(occurrence.interval, occurrence.due_at, regulation.zone)
        values = {
            "occurs_at": occurrence.due_at.astimezone(regulation.zone).isoformat(),
            "period_from": first.isoformat(),
            "period_to": last.isoformat(),
        }

        def claim(work: object) -> bool:
            return isinstance(work, UnitOfWork) and self._recurrences.move_on(work, occurrence, following)

        opened = verbs.open_case(
            platform.door,
            SYSTEM,
            occurrence.office,
            occurrence.process,
            values,
            now,
            at=occurrence.due_at,
            pack=occurrence.pack,
            claim=claim,
        )
        return opened is not None
