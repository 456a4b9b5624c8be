"""The threads of a worker that take the jobs of one queue, on Procrastinate.

Each queue has a crew: a hanging gateway keeps the one that delivers busy, never the one that fires limits.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Thread

from app.working.hands import Hands
from app.working.queue import make_app

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS, SILENT_SECONDS = 4.0, 15.0
LOOK_SECONDS = 1.0
"""Between two looks at the queue: Procrastinate forgets what it was told of while it looked."""
AGAIN_SECONDS = 2.0
"""Before another try when the database is away."""


class Crew:
    """Takes the jobs of `queue`, `size` at a time."""

    def __init__(self, url: str, hands: Hands, queue: str, size: int) -> None:
        self._url, self._hands, self._queue, self._size = url, hands, queue, size
        self._thread = Thread(target=lambda: asyncio.run(self._run()), name=queue, daemon=True)
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No new jobs; those that are running finish first."""
        loop, enough = self._ready.result()
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(enough.set)
        self._thread.join()

    async def _run(self) -> None:
        enough, loop = asyncio.Event(), asyncio.get_running_loop()
        # Its own default has a few threads for each processor, however many jobs are taken at a time.
        loop.set_default_executor(ThreadPoolExecutor(self._size, thread_name_prefix=self._queue))
        self._ready.set_result((loop, enough))
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
                    queues=[self._queue],
                    concurrency=self._size,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    fetch_job_polling_interval=LOOK_SECONDS,
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
