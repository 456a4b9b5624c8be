"""PostgreSQL: a worker. Its clocks defer jobs, its crews take them.

Any number of workers run side by side, and any may die. What is due and has no job waiting is found by the next sweep
of any worker; the jobs that dead workers left are cleared away. Two clocks that sweep at once take turns, and what a
job does is done once: the row decides, under its lock.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.platform import Platform
from app.settings import Settings
from app.working.announcing import connect_queue
from app.working.background import Background, guarded
from app.working.crew import SILENT_SECONDS, Crew
from app.working.needs import NeedsPostgresql
from app.working.one_process import Sweeping
from persistence.jobs import ERRANDS, LIMITS, Jobs
from timers.clock import Clock, system_clock
from timers.sweep import Swept

MOST = 500
"""Orders, and notices, that one sweep defers jobs for."""
LOOK_AGAIN = timedelta(seconds=1)
"""After what is due was left to a job: the job may be lost, or find somebody else at the order."""


class Worker(Background):
    """`concurrency`: jobs at a time, of limits and of everything else each."""

    def __init__(
        self, platform: Platform, settings: Settings, clock: Clock = system_clock, concurrency: int = 4
    ) -> None:
        jobs = connect_queue(platform)
        if jobs is None:
            raise NeedsPostgresql()
        super().__init__(platform, settings, clock)
        self._jobs: Jobs = jobs
        url = settings.database_url
        self._firing = Crew(url, self._hands, LIMITS, concurrency)
        self._running = Crew(url, self._hands, ERRANDS, concurrency)

    def start(self) -> None:
        self._firing.start()
        self._running.start()
        super().start()

    def shutdown(self) -> None:
        """No new jobs; those that are running finish first, and limits fire meanwhile."""
        self._running.stop()
        super().shutdown()
        self._firing.stop()

    def fire_due(self, now: datetime) -> Swept:
        deferred = self._jobs.defer_limits(now, MOST)
        return Swept(deferred, 0, deferred >= MOST)

    def next_due(self, swept_at: datetime) -> datetime | None:
        following = super().next_due(swept_at)
        if not self._platform.read.due_orders(swept_at, 1):
            return following
        again = swept_at + LOOK_AGAIN
        return again if following is None else min(following, again)

    def hand_out(self, now: datetime) -> Swept:
        """Clear away what dead workers left, defer what has no job."""
        deferred = 0
        with guarded("queue"):
            self._jobs.clear(SILENT_SECONDS)
        with guarded("queue"):
            deferred = self._jobs.defer_errands(now, MOST)
        return Swept(deferred, 0, deferred >= MOST)


def background(platform: Platform, settings: Settings, clock: Clock = system_clock) -> Background:
    """What does the background work inside one server process, on either database."""
    if platform.database.engine.dialect.name == "postgresql":
        return Worker(platform, settings, clock)
    return Sweeping(platform, settings, clock)
