"""New work is heard of by workers: on PostgreSQL, whoever writes defers a job on the same connection.

The library is loaded only where there is a queue: most commands must answer faster than it loads.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from app.platform import Platform
from persistence.jobs import Jobs, install, is_installed


def connect_queue(platform: Platform) -> Jobs | None:
    """Let new work of this process be heard of; makes the queue's tables where there are none. None on SQLite."""
    database = platform.database
    if database.engine.dialect.name != "postgresql":
        return None
    if not is_installed(database):
        schema: Callable[[], str] = import_module("app.working.queue").library_schema
        install(database, schema())
    database.queue = jobs = Jobs(database)
    return jobs
