"""What this process counts: steps, how late deadlines fired, deliveries, errors. Prometheus reads it from `/metrics`.

With several web processes (gunicorn) `PROMETHEUS_MULTIPROC_DIR` names a folder in which they add theirs together.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.registry import REGISTRY, Collector

from app.observing import together
from processes.order import Deadline

STEPS = Counter("jieban_steps", "Commands committed")
LATENESS = Histogram(
    "jieban_deadline_lateness_seconds",
    "Seconds between the instant a deadline was due and its firing",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 86400),
)
DELIVERIES = Counter("jieban_deliveries", "Attempts to deliver a notice, by what became of it", ["outcome"])
ERRORS = Counter("jieban_errors", "Faults of ours, by where they happened", ["where"])
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def note_fired(deadlines: Iterable[Deadline]) -> None:
    """Count how late these fired."""
    for one in deadlines:
        if one.fired_at is not None:
            LATENESS.observe(max((one.fired_at - one.due_at).total_seconds(), 0.0))


def exposition(gauges: Collector) -> bytes:
    """Everything that was counted, and the gauges as they stand now, as Prometheus reads it."""
    place = together.folder()
    counted = together.added_up(place) if place else generate_latest(REGISTRY)
    now = CollectorRegistry()
    now.register(gauges)
    return counted + generate_latest(now)
