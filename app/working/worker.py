"""A worker: takes jobs from the queue, and keeps the clock that defers them.

Any number of workers run side by side, and any may die. A job whose worker is silent for `SILENT_SECONDS` is taken up
again; a deadline or notice for which no job was deferred is found by the next sweep of any worker. Two clocks that
sweep at once take turns, and what a job does is done once: the row decides, under its lock.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from threading import Thread

from app.platform import Platform
from app.settings import Settings
from app.sweeping import Sweeping
from app.working.announcing import QUEUE, connect_queue
from app.working.hands import Hands
from app.working.needs import NeedsPostgresql
from app.working.queue import make_app
from persistence.jobs import Jobs
from processes.order import Order
from timers.clock import Clock, system_clock
from timers.scheduler import DeadlineScheduler
from timers.sweep import Swept

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS, SILENT_SECONDS = 4.0, 15.0
MOST = 500
"""Orders, and notices, that one sweep defers jobs for."""
AGAIN_SECONDS = 2.0
"""Before another try when the database is away."""


class Worker:
    """`start` and `shutdown` are called by whoever runs the process; jobs run on threads, `concurrency` at a time."""

    def __init__(
        self, platform: Platform, settings: Settings, clock: Clock = system_clock, concurrency: int = 4
    ) -> None:
        jobs = connect_queue(platform)
        if jobs is None:
            raise NeedsPostgresql()
        self._url, self._concurrency, self._jobs = settings.database_url, concurrency, jobs
        self._clock = clock
        self._hands = Hands(platform, settings, clock)
        self._scheduler = DeadlineScheduler(self.sweep, self.next_due, clock)
        self._thread = Thread(target=lambda: asyncio.run(self._run()), name="worker", daemon=True)
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    @property
    def jobs(self) -> Jobs:
        return self._jobs

    def start(self) -> None:
        self._thread.start()
        self._scheduler.start()

    def shutdown(self) -> None:
        """No new jobs; those that are running finish first."""
        self._scheduler.shutdown()
        loop, enough = self._ready.result()
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(enough.set)
        self._thread.join()

    def saved(self, order: Order) -> None:
        """An order was committed in this process: be awake when its next deadline passes."""
        if (due_at := order.next_due_at()) is not None:
            self._scheduler.wake(due_at)

    # -- the clock --------------------------------------------------------------------------------------------------

    def sweep(self, now: datetime) -> Swept:
        """Defer what is due; take up what dead workers left; open duties; close incidents; anchor the journal."""
        deferred = self._jobs.sweep(now, MOST)
        self._jobs.take_up_stalled(SILENT_SECONDS)
        hands = self._hands
        hands.duties.sweep(now)
        hands.incidents.resolve_fired(now)
        hands.retry_in_batches()
        hands.anchors.anchor_if_time(now)
        return Swept(deferred, 0, deferred >= MOST)

    def next_due(self, swept_at: datetime) -> datetime | None:
        """When to sweep next. What was due at `swept_at` has its job; what fell due since then is due at once."""
        times = (self._jobs.next_due(swept_at, self._clock.now()), self._hands.duties.next_due())
        return min((max(at, swept_at) for at in times if at is not None), default=None)

    # -- the jobs ---------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        enough = asyncio.Event()
        self._ready.set_result((asyncio.get_running_loop(), enough))
        while not enough.is_set():
            try:
                await self._work(enough)
            except Exception as error:
                log.error("the worker lost the database; it tries again", exc_info=error)
            with suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), AGAIN_SECONDS)

    async def _work(self, enough: asyncio.Event) -> None:
        """Take jobs until it is enough, or until the database goes away."""
        async with make_app(self._url, self._hands).open_async() as app:
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._concurrency,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=SILENT_SECONDS,
                )
            )
            stopping = asyncio.create_task(enough.wait())
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            # Cancelled, Procrastinate lets its running jobs finish.
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


Background = Sweeping | Worker


def background(platform: Platform, settings: Settings, clock: Clock = system_clock) -> Background:
    """What does the background work inside one server process, on either database."""
    if platform.database.engine.dialect.name == "postgresql":
        return Worker(platform, settings, clock)
    return Sweeping(platform, clock, settings)
