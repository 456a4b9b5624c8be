"""Duties that come round, by the clock: notices, reports, appraisals.

The diagram's timer start event says how often; the store's `recurrence` row says when next. Each occurrence opens one
office case at its own instant, also after an outage, under the regulation that is in force at that instant. A duty that
cannot be opened becomes an incident and is tried again later and later, and the rest goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from app.observing.metrics import ERRORS
from app.platform import Platform
from persistence.incidents import Incidents, sentence
from persistence.recurrences import Begin, Coming, Recurrence, Recurrences
from processes import verbs
from processes.errors import AlreadyHandled
from processes.people import SYSTEM
from processes.recurring import next_occurrence, period_before

log = logging.getLogger(__name__)

JUST_BEFORE = timedelta(microseconds=1)
"""What comes strictly after the instant just before another may come at that one."""


class Duties:
    """The recurring duties of all offices. `only`: no others than these processes (virtual time)."""

    def __init__(self, platform: Platform, only: Collection[str] | None = None) -> None:
        self._platform = platform
        self._only = only
        self._recurrences = Recurrences(platform.database)
        self._incidents = Incidents(platform.database)

    def sweep(self, now: datetime) -> int:
        """Plan what has come into force, and open what has come by `now`. How many were opened."""
        stuck = set()
        for begin in self._recurrences.unplanned(now):
            if (begin.office, begin.pack) in stuck:
                continue
            try:
                self.plan(begin, begin.at - JUST_BEFORE)
            except Exception as error:
                # A regulation that came into force later waits: it would otherwise be planned before this one.
                stuck.add((begin.office, begin.pack))
                ERRORS.labels("plan").inc()
                log.error("the duties of deployment %s cannot be planned", begin.number, exc_info=error)
        return self.open_due(now)

    def plan(self, begin: Begin, after: datetime) -> None:
        """Enter the duties of a regulation that came into force, each with its first occurrence after an instant."""
        named = self._platform.library.of(begin.number).recurring()
        processes = [process for process in named if self._only is None or process in self._only]
        self._recurrences.plan(
            begin, processes, after, lambda process, last: self._coming(begin.office, begin.pack, process, last)
        )

    def plan_all(self, office: str, now: datetime) -> None:
        """Enter the duties of an office as if it had just begun to work (virtual time)."""
        for begin in self._recurrences.unplanned(now):
            if begin.office == office:
                self.plan(begin, now)

    def next_due(self) -> datetime | None:
        return self._recurrences.next_due()

    def open_due(self, now: datetime) -> int:
        """Open what has come by `now`, each occurrence at its own instant."""
        opened, tried = 0, set[Recurrence]()
        while due := [one for one in self._recurrences.due(now) if one not in tried]:
            for occurrence in due:
                tried.add(occurrence)
                try:
                    opened += self._open(occurrence, now)
                except Exception as error:
                    self._could_not_open(occurrence, error, now)
        return opened

    def _could_not_open(self, occurrence: Recurrence, error: Exception, now: datetime) -> None:
        ERRORS.labels("duty").inc()
        log.error("duty %s of %s cannot be opened", occurrence.process, occurrence.office, exc_info=error)
        try:
            self._incidents.failed_duty(occurrence, sentence(error), now)
        except Exception as second:
            # It is still due and comes again; no reason to hold back the duties behind it.
            log.error("the incident of duty %s could not be recorded: %s", occurrence.process, type(second).__name__)

    def _open(self, occurrence: Recurrence, now: datetime) -> int:
        """1 if this sweep opened it; 0 if another has, or if the regulation of that instant knows no such duty."""
        platform = self._platform
        office, pack, process = occurrence.office, occurrence.pack, occurrence.process
        regulation = platform.library.in_force(office, occurrence.due_at, pack)
        following = self._coming(office, pack, process, occurrence.due_at)
        first, last = period_before(occurrence.interval, occurrence.due_at, regulation.zone)
        values = {
            "occurs_at": occurrence.due_at.astimezone(regulation.zone).isoformat(),
            "period_from": first.isoformat(),
            "period_to": last.isoformat(),
        }

        def claim() -> None:
            self._recurrences.move_on(occurrence, following, now)

        try:
            if process not in regulation.recurring():
                claim()
                return 0
            door, at = platform.door, occurrence.due_at
            verbs.open_case(door, SYSTEM, office, process, values, now, at=at, pack=pack, claim=claim)
        except AlreadyHandled:
            return 0
        return 1

    def _coming(self, office: str, pack: str, process: str, after: datetime) -> Coming | None:
        """The first occurrence strictly after an instant, by the regulation in force at it; None if the duty ends.

        One at the very instant at which a revision takes over is the older regulation's too: what it closes lies under
        that one. If both have one there, it is the newer's, and one.
        """
        library = self._platform.library
        found: Coming | None = None
        for begin in self._recurrences.timeline(office, pack, after):
            if found is not None and found[1] < begin.at:
                return found
            regulation = library.of(begin.number)
            interval = regulation.recurring().get(process)
            before, found = found, None
            if interval is not None:
                found = (interval, next_occurrence(interval, max(after, begin.at - JUST_BEFORE), regulation.zone))
                if before is not None and before[1] == begin.at < found[1]:
                    found = before
        return found
