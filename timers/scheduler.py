"""APScheduler wakes the sweep: at the next due time, when a nearer one is saved, and every few seconds
anyway.

No deadline lives here. The scheduler holds a single job in memory, "sweep at …"; after every sweep the
store is asked for the next due time. Whatever goes wrong (the store is away, a wake-up is missed, the clock
is stepped), the safety net sweeps a few seconds later and finds everything that is due.

Two habits of APScheduler shape this module. It plans by the wall clock, so a clock stepped back would put a
job off by the length of the step: hence the net is kept by elapsed time, and the loop never sleeps longer
than it. And its shutdown waits for running jobs while holding its lock, so a job that plans its successor
would wait for ever: hence a sweep only notes what is wanted next, and the loop plans.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from timers.clock import Clock, elapsed, system_clock
from timers.sweep import Swept

log = logging.getLogger(__name__)

# A deadline fires strictly after its due instant; this lets the wake-up land just behind it.
_JUST_AFTER = timedelta(milliseconds=2)


class DeadlineScheduler:
    """Calls `sweep(now)` whenever a deadline is due. One sweep at a time, on a thread of its own.

    `next_due(swept_at)` returns the earliest due instant in the store (aware) from `swept_at` on, or None. One that
    fell due while the sweep ran has passed by now and means at once; what waits for a decision must be left out,
    and a retry named by the time of the retry. What was due before, the sweep has tried: an earlier instant is left
    to the net, or what cannot be done would be tried again and again without a pause.
    `net_seconds`: the longest time between two sweeps.
    """

    def __init__(
        self,
        sweep: Callable[[datetime], Swept],
        next_due: Callable[[datetime], datetime | None],
        clock: Clock = system_clock,
        net_seconds: float = 5.0,
    ) -> None:
        self._sweep = sweep
        self._next_due = next_due
        self._clock = clock
        self._net = net_seconds
        self._lock = Lock()
        self._sweeping = False
        self._wanted: datetime | None = None
        self._planned: datetime | None = None
        self._swept_at = elapsed()
        self._loop = _Loop(self._arrange, net_seconds)

    def start(self) -> None:
        """Begin with a sweep at once: deadlines may have passed while nothing ran."""
        self.wake(self._clock.now())
        self._loop.start()

    def shutdown(self) -> None:
        """Stop; a sweep that is running finishes first."""
        self._loop.shutdown(wait=True)

    def wake(self, at: datetime) -> None:
        """A deadline due at `at` (aware) has been committed: be awake then, if not before."""
        with self._lock:
            nearer = self._wanted is None or at < self._wanted
            if nearer:
                self._wanted = at
        if nearer and self._loop.running:
            self._loop.wakeup()

    def _arrange(self) -> None:
        """Plan the next sweep; called by the loop before it looks for jobs to run."""
        with self._lock:
            if self._sweeping:
                return
            now = self._clock.now()
            if elapsed() - self._swept_at >= self._net:
                # Wanted until it has run: else the loop's next look would plan the next due time in its place.
                self._swept_at, self._wanted = elapsed(), now
            at = self._wanted
            if at is None or at == self._planned:
                return
            self._planned = at
            # The handed clock says when, APScheduler only knows the machine's: what counts is the time
            # between.
            self._loop.plan(self._run, at - now)

    def _run(self) -> None:
        with self._lock:
            self._sweeping, self._wanted, self._planned = True, None, None
        following: datetime | None = None
        try:
            swept_at = self._clock.now()
            swept = self._sweep(swept_at)
            following = self._clock.now() if swept.more else self._next_due(swept_at)
            if following is not None and following < swept_at:
                following = None
        except Exception:
            log.exception("the sweep failed; it is tried again in %s s", self._net)
        with self._lock:
            # A deadline saved meanwhile may have been missed by the question for the next one.
            self._wanted = min((at for at in (following, self._wanted) if at), default=None)
            self._sweeping, self._swept_at = False, elapsed()
        self._loop.wakeup()


class _Loop(BackgroundScheduler):  # type: ignore[misc]  # APScheduler 3 is untyped
    """APScheduler's loop with one job, one thread for it, and a sleep that is never longer than the net."""

    def __init__(self, arrange: Callable[[], None], net_seconds: float) -> None:
        super().__init__(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
        self._arrange = arrange
        self._net_seconds = net_seconds

    def plan(self, job: Callable[[], None], delay: timedelta) -> None:
        """Run `job` after `delay`, however late that is by then, in place of what was planned."""
        self.add_job(
            job,
            "date",
            run_date=system_clock.now() + delay + _JUST_AFTER,
            id="sweep",
            replace_existing=True,
            misfire_grace_time=None,
            # The sweep that planned this one may not be counted as ended yet; the single thread still runs one at a
            # time. With one alone the run would be skipped, and what is due would wait for the net.
            max_instances=2,
        )

    def _process_jobs(self) -> float:
        self._arrange()
        sleep: float | None = None
        try:
            sleep = super()._process_jobs()
        except JobLookupError:
            # The loop forgets a job that has run; a shutdown in the same moment has forgotten all of them before.
            log.debug("the planned sweep was taken back while the loop looked at it")
        return self._net_seconds if sleep is None else min(sleep, self._net_seconds)
