"""Procrastinate's app with our tasks: what workers run.

Every process that writes (web, worker, command line) defers on its own connection through `persistence.jobs`; only
workers need this app. No task is tried again by the queue: what failed still stands in our own tables, where the next
sweep finds it.
"""

from __future__ import annotations

from datetime import datetime

import procrastinate
from procrastinate.schema import SchemaManager
from psycopg import AsyncConnection

from app.working.hands import Hands
from persistence.database import libpq_url
from timers.sweep import sweep


def library_schema() -> str:
    """The tables and functions of the queue, as SQL."""
    return str(SchemaManager.get_schema())


async def by_index(connection: AsyncConnection) -> None:
    """The next job is the first of an index. PostgreSQL remembers of a queue that it was empty, and would sort all that
    waits for each job that is taken.
    """
    await connection.execute("SET enable_sort = off")
    await connection.commit()


def make_app(url: str, hands: Hands) -> procrastinate.App:
    """Procrastinate with our tasks on this database."""
    connector = procrastinate.PsycopgConnector(conninfo=libpq_url(url), min_size=1, max_size=4, configure=by_index)
    app = procrastinate.App(connector=connector)

    @app.task(name="fire")
    def fire(order_id: str, now: str) -> None:
        # The clock of who found it due may be ahead of this one, which would then find nothing past.
        later = max(datetime.fromisoformat(now), hands.clock.now())
        sweep(later, lambda *_: [order_id], hands.fire, hands.could_not_fire)

    @app.task(name="deliver")
    def deliver(key: str) -> None:
        hands.delivery.deliver(key)

    @app.task(name="work_batch")
    def work_batch(batch: int) -> None:
        if hands.work_batch(batch):
            with hands.platform.database.transaction() as work:
                hands.batches.announce(work, batch)

    return app
