"""The web app as gunicorn loads it in each of its processes (`jieban web`).

Pages only: with PostgreSQL `jieban worker` does the background work. On SQLite use `jieban serve`, which does both.
"""

from __future__ import annotations

from flask import Flask

from app.factory import create_app
from app.observing.logs import set_up_logging
from app.observing.metrics import STEPS
from app.opening import open_platform
from app.settings import from_environment
from app.working.needs import NeedsPostgresql


def make() -> Flask:
    """The app of the environment's settings. Raises what `open_platform` raises, and `NeedsPostgresql`."""
    settings = from_environment()
    set_up_logging(settings.log_level)
    platform = open_platform(settings, saved=lambda _next_due: STEPS.inc())
    if platform.database.queue is None:
        raise NeedsPostgresql()
    return create_app(settings, platform)
