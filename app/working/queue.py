"""Procrastinate's app with our tasks: what workers run.

Every process that writes (web, worker, command line) defers on its own connection through `persistence.jobs`; only
workers need this app.
"""

from __future__ import annotations

import logging

import procrastinate
from procrastinate.schema import SchemaManager

from app.working.announcing import QUEUE
from app.working.hands import Hands
from persistence.database import libpq_url

log = logging.getLogger(__name__)

QUICK_RETRIES = 3
BACK_OFF = procrastinate.RetryStrategy(max_attempts=QUICK_RETRIES, exponential_wait=2)
"""After 2, 4 and 8 seconds: what a restart or a collision breaks. What still fails then becomes an incident."""


def library_schema() -> str:
    """The tables and functions of the queue, as SQL."""
    return str(SchemaManager.get_schema())


def make_app(url: str, hands: Hands) -> procrastinate.App:
    """Procrastinate with our tasks on this database."""
    connector = procrastinate.PsycopgConnector(conninfo=libpq_url(url), min_size=1, max_size=4)
    app = procrastinate.App(connector=connector)

    @app.task(name="fire", queue=QUEUE, retry=BACK_OFF, pass_context=True)
    def fire(context: procrastinate.JobContext, order_id: str) -> None:
        try:
            hands.fire(order_id, hands.clock.now())
        except Exception as error:
            if context.job.attempts < QUICK_RETRIES:
                raise
            log.error("order %s cannot be fired", order_id, exc_info=error)
            hands.could_not_fire(order_id, error, hands.clock.now())

    @app.task(name="deliver", queue=QUEUE, retry=BACK_OFF)
    def deliver(key: str) -> None:
        hands.delivery.deliver(key)

    @app.task(name="work_batch", queue=QUEUE, retry=BACK_OFF)
    def work_batch(batch: int) -> None:
        if hands.work_batch(batch):
            with hands.platform.database.transaction() as work:
                hands.batches.announce(work, batch)

    return app
