"""Deadlines that fire by themselves: the scheduler of `timers`, handed this installation's store and verb.

Every commit tells the scheduler the nearest due time of its order, so that it is awake then; a deadline that cannot be
fired becomes an incident and is tried again later and later, while all others go on.
"""

from __future__ import annotations

from datetime import datetime

from app.platform import Platform
from app.recurring import Duties
from persistence.incidents import Incidents
from processes import verbs
from processes.errors import Refusal
from processes.order import Order
from timers.clock import Clock, system_clock
from timers.scheduler import DeadlineScheduler
from timers.sweep import Swept, sweep


class Sweeping:
    """The scheduler of one process. `start` and `shutdown` are called by whoever runs the process."""

    def __init__(self, platform: Platform, clock: Clock = system_clock) -> None:
        self._platform = platform
        self._incidents = Incidents(platform.database)
        self._duties = Duties(platform)
        self._scheduler = DeadlineScheduler(self.sweep, self.next_due, clock)

    def start(self) -> None:
        self._scheduler.start()

    def shutdown(self) -> None:
        """A sweep that is running finishes first."""
        self._scheduler.shutdown()

    def saved(self, order: Order) -> None:
        """An order was committed: be awake when its next deadline passes."""
        # A copy: another thread may have taken the order in hand by now.
        waiting = (d for d in list(order.deadlines.values()) if not (d.fired_at or d.cancelled_at or d.held_by))
        due_at = min((d.due_at for d in waiting), default=None)
        if due_at is not None:
            self._scheduler.wake(due_at)

    def sweep(self, now: datetime) -> Swept:
        """Open the duties that have come round, and fire one batch of what is due at `now`."""
        self._duties.sweep(now)
        swept = sweep(now, self._platform.read.due_deadlines, self._fire, self._failed)
        self._incidents.resolve_fired(now)
        return swept

    def next_due(self) -> datetime | None:
        """When to sweep next: the next due time, the next retry, or the next duty."""
        times = (self._platform.read.next_due(), self._incidents.next_retry(), self._duties.next_due())
        return min((at for at in times if at is not None), default=None)

    def _fire(self, deadline_id: str, now: datetime) -> None:
        verbs.fire_deadline(self._platform.door, deadline_id, now)

    def _failed(self, deadline_id: str, error: Exception, now: datetime) -> None:
        # The text of an unforeseen error may hold what a citizen said; that of a refusal is ours.
        said = f"{error.zh} / {error.en}" if isinstance(error, Refusal) else type(error).__name__
        self._incidents.failed(deadline_id, said, now)
