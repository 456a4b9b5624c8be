"""`GET /healthz`: is this process able to serve? For the probe of a load balancer; says nothing else."""

from __future__ import annotations

from flask import Blueprint

from app.web.context import platform

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> tuple[str, int, dict[str, str]]:
    """`ok` when the store answers; a store that does not is a fault (500)."""
    platform().read.next_due()
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}
