"""`GET /healthz`: is this process able to serve? For the probe of a load balancer; says nothing else."""

from __future__ import annotations

from flask import Blueprint

from app.web.house import house

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> tuple[str, int, dict[str, str]]:
    """`ok` when the database answers, else 503."""
    alive = house().is_alive()
    return ("ok" if alive else "no database", 200 if alive else 503, {"Content-Type": "text/plain"})
