"""What stands in the database now: open tasks by lamp, deadlines that are due, notices, jobs, incidents.

Counted at most every `KEPT_SECONDS`: a scrape must never be a load. The lamps here go by the clock alone: red is past
due, amber is due within a day, green later, none without a limit. While the database does not answer there is
`jieban_database_up 0`, and nothing is said of what stands in it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.anchoring import Anchors, BadAnchors
from app.observing.bounded import Bounded
from app.platform import Platform
from persistence import gauges as ask
from persistence.jobs import Jobs
from persistence.notice_states import DEAD, KEPT, WAITING
from persistence.outbox import Outbox
from timers.clock import Clock, elapsed

log = logging.getLogger(__name__)

KEPT_SECONDS = 10.0
PATIENCE_SECONDS = 5.0
SOON = timedelta(days=1)
SILENT_SECONDS = 20.0
NO_JOBS = {"todo": 0, "doing": 0, "failed": 0}
"""Told also of an empty queue: an alarm must find the series."""


class Gauges(Collector):
    """`jobs`: the queue, where there is one (PostgreSQL). `anchors`: the file of the journal's anchors, if any."""

    def __init__(self, platform: Platform, clock: Clock, jobs: Jobs | None, anchors: Path | None = None) -> None:
        self._platform, self._clock, self._jobs = platform, clock, jobs
        self._anchors = Anchors(platform.database, anchors)
        self._look = Bounded(lambda: list(self._ask()), PATIENCE_SECONDS)
        self._known: tuple[float, list[GaugeMetricFamily]] | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("jieban_database_up", "Whether the database answers")
        known = self._known
        try:
            if known is None or elapsed() - known[0] > KEPT_SECONDS:
                known = self._known = (elapsed(), self._look())
            up.add_metric([], 1)
            yield from known[1]
        except Exception as error:
            log.warning("the database does not answer: %s", type(error).__name__)
            up.add_metric([], 0)
        yield up
        yield from self._anchored()

    def _anchored(self) -> Iterator[GaugeMetricFamily]:
        try:
            lines = self._anchors.read()
        except (OSError, BadAnchors) as error:
            log.error("the anchors cannot be read: %s", type(error).__name__)
            return
        if lines:
            age = GaugeMetricFamily("jieban_anchor_age_seconds", "Since the journal was last anchored")
            age.add_metric([], (self._clock.now() - lines[-1].at).total_seconds())
            yield age

    def _ask(self) -> Iterator[GaugeMetricFamily]:
        database, now = self._platform.database, self._clock.now()
        lamps = ask.open_tasks_by_lamp(database, now, SOON)
        yield _family("jieban_open_tasks", "Open tasks by lamp", "lamp", lamps)
        yield _family(
            "jieban_notices", "Notices by state", "state", Outbox(database).count(states=(WAITING, DEAD, KEPT))
        )
        late = GaugeMetricFamily("jieban_deadlines_due", "Deadlines past due that have not fired")
        late.add_metric([], ask.deadlines_due(database, now))
        yield late
        open_incidents = GaugeMetricFamily("jieban_incidents", "Incidents that are being retried")
        open_incidents.add_metric([], ask.incidents_open(database))
        yield open_incidents
        if self._jobs is not None:
            yield _family("jieban_jobs", "Jobs of the queue by state", "state", NO_JOBS | self._jobs.counts())
            alive = GaugeMetricFamily("jieban_workers", "Crews of workers that are alive: two for each worker")
            alive.add_metric([], self._jobs.workers(SILENT_SECONDS))
            yield alive


def _family(name: str, says: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
