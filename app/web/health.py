"""For probes and Prometheus: `/healthz` (does this process live), `/readyz` (can it serve), `/metrics`.

They say nothing about anybody. `/metrics` asks for the token of the settings; without one it answers only to this
machine itself, where no proxy stands in front (`JIEBAN_HTTPS`) and nothing says that one has passed the question on.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import cast

from flask import Blueprint, Flask, abort, current_app, request

from app.observing import metrics
from app.observing.bounded import Bounded
from app.observing.gauges import Gauges
from app.platform import Platform
from app.settings import Settings
from app.web.context import Desk, desk
from persistence.jobs import Jobs
from timers.clock import Clock

blueprint = Blueprint("health", __name__)

READY_SECONDS = 2.0
PLAIN = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via")


def init_health(app: Flask, platform: Platform, clock: Clock) -> None:
    """The gauges of this app, and the question whether it is ready."""
    queue = platform.database.queue
    anchors = cast(Desk, app.extensions["desk"]).settings.anchors
    app.extensions["gauges"] = Gauges(platform, clock, queue if isinstance(queue, Jobs) else None, anchors)
    app.extensions["ready"] = Bounded(platform.read.next_due, READY_SECONDS)


@blueprint.get("/healthz")
def healthz() -> tuple[str, int, dict[str, str]]:
    """`ok`: the process answers. Restarting it helps when it does not."""
    return "ok\n", 200, PLAIN


@blueprint.get("/readyz")
def readyz() -> tuple[str, int, dict[str, str]]:
    """`ok` when the store answers within `READY_SECONDS`; 503 while it does not."""
    try:
        current_app.extensions["ready"]()
    except Exception:
        return "not ready\n", 503, PLAIN
    return "ok\n", 200, PLAIN


@blueprint.get("/metrics")
def exposed() -> tuple[bytes, int, dict[str, str]]:
    """Counters and gauges in Prometheus' text format; 404 to whom they are not for."""
    if not _may_read(desk().settings):
        abort(404)
    gauges = cast(Gauges, current_app.extensions["gauges"])
    return metrics.exposition(gauges), 200, {"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"}


def _may_read(settings: Settings) -> bool:
    if settings.metrics_token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.metrics_token.encode())
    if settings.https or any(name in request.headers for name in PASSED_ON):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
