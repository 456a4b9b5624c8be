"""What stands in the database now: open tasks by lamp, deadlines that are due, notices, jobs, incidents.

Counted at most every `KEPT_SECONDS`: a scrape must never be a load. The lamps here go by the clock alone: red is past
due, amber is due within a day, green later, none without a limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Lock

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.platform import Platform
from persistence import gauges as ask
from persistence.jobs import Jobs
from persistence.outbox import Outbox
from timers.clock import Clock, elapsed

KEPT_SECONDS = 10.0
SOON = timedelta(days=1)
SILENT_SECONDS = 20.0


class Gauges(Collector):
    """`jobs`: the queue, where there is one (PostgreSQL)."""

    def __init__(self, platform: Platform, clock: Clock, jobs: Jobs | None) -> None:
        self._platform, self._clock, self._jobs = platform, clock, jobs
        self._lock = Lock()
        self._asked_at: float | None = None
        self._known: list[GaugeMetricFamily] = []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._lock:
            if self._asked_at is None or elapsed() - self._asked_at > KEPT_SECONDS:
                self._known, self._asked_at = list(self._ask()), elapsed()
            yield from self._known

    def _ask(self) -> Iterator[GaugeMetricFamily]:
        database, now = self._platform.database, self._clock.now()
        lamps = ask.open_tasks_by_lamp(database, now, SOON)
        yield _family("jieban_open_tasks", "Open tasks by lamp", "lamp", lamps)
        yield _family("jieban_notices", "Notices by state", "state", Outbox(database).count())
        late = GaugeMetricFamily("jieban_deadlines_due", "Deadlines past due that have not fired")
        late.add_metric([], ask.deadlines_due(database, now))
        yield late
        open_incidents = GaugeMetricFamily("jieban_incidents", "Incidents that are being retried")
        open_incidents.add_metric([], ask.incidents_open(database))
        yield open_incidents
        if self._jobs is not None:
            yield _family("jieban_jobs", "Jobs of the queue by state", "state", self._jobs.counts())
            alive = GaugeMetricFamily("jieban_workers", "Crews of workers that are alive: two for each worker")
            alive.add_metric([], self._jobs.workers(SILENT_SECONDS))
            yield alive


def _family(name: str, says: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
