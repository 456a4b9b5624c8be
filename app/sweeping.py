"""Deadlines that fire by themselves inside one process: the scheduler of `timers`, handed our store and verb.

Every commit tells the scheduler the nearest due time of its order, so that it is awake then; a deadline that cannot be
fired becomes an incident and is tried again later and later, while all others go on. Notices, batches and anchors have
a scheduler of their own: a mail server that hangs must hold up no limit of the law.
"""

from __future__ import annotations

from datetime import datetime

from app.platform import Platform
from app.settings import Settings
from app.working.hands import Hands
from processes.order import Order
from timers.clock import Clock, system_clock
from timers.scheduler import DeadlineScheduler
from timers.sweep import Swept, sweep

AT_ONCE = 100
"""Notices delivered before batches have their turn."""


class Sweeping:
    """The schedulers of one process. `start` and `shutdown` are called by whoever runs the process."""

    def __init__(self, platform: Platform, clock: Clock = system_clock, settings: Settings | None = None) -> None:
        self._platform = platform
        self._hands = Hands(platform, settings or Settings("", "", ""), clock)
        self._scheduler = DeadlineScheduler(self.sweep, self.next_due, clock)
        self._errands = DeadlineScheduler(self.run_errands, self.next_errand, clock)

    def start(self) -> None:
        self._scheduler.start()
        self._errands.start()

    def shutdown(self) -> None:
        """A sweep that is running finishes first."""
        self._scheduler.shutdown()
        self._errands.shutdown()

    def saved(self, order: Order) -> None:
        """An order was committed: be awake when its next deadline passes."""
        if (due_at := order.next_due_at()) is not None:
            self._scheduler.wake(due_at)

    # -- deadlines --------------------------------------------------------------------------------------------------

    def sweep(self, now: datetime) -> Swept:
        """Open the duties that have come round, and fire one batch of what is due at `now`."""
        hands = self._hands
        hands.duties.sweep(now)
        swept = sweep(now, self._platform.read.due_orders, hands.fire, hands.could_not_fire)
        hands.incidents.resolve_fired(now)
        return swept

    def next_due(self, swept_at: datetime) -> datetime | None:
        """When to sweep next: the next due time, the next retry, or the next duty. What fell due since `swept_at` is
        still open, so that it is among them."""
        hands = self._hands
        times = (self._platform.read.next_due(swept_at), hands.incidents.next_retry(), hands.duties.next_due())
        return min((at for at in times if at is not None), default=None)

    # -- everything else --------------------------------------------------------------------------------------------

    def run_errands(self, now: datetime) -> Swept:
        """Deliver notices, do one slice of each batch, anchor the journal."""
        hands = self._hands
        done = hands.delivery.deliver_due(AT_ONCE) + hands.retry_in_batches()
        more = done >= AT_ONCE
        for batch in hands.batches.open():
            more = hands.work_batch(batch.id) or more
            done += 1
        hands.anchors.anchor_if_time(now)
        return Swept(done, 0, more)

    def next_errand(self, swept_at: datetime) -> datetime | None:
        """When to run next: the next notice, or what failed in a batch. New ones are found by the safety net."""
        times = (self._hands.delivery.next_at(), self._hands.incidents.next_retry_in_batches())
        return min((at for at in times if at is not None), default=None)
