"""The two clocks of a process that does background work: one for the limits of the law, one for everything else.

Each is a scheduler of `timers` with a thread of its own: a gateway that hangs, an anchor file that somebody holds, an
order that a batch waits for must hold up no limit. Every commit tells the first the nearest due time of its order, so
that it is awake then. What the limits do not need is guarded piece by piece: one that fails is logged and counted, and
stops neither the others nor the question what is due next.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from app.observing.metrics import ERRORS
from app.platform import Platform
from app.settings import Settings
from app.working.hands import Hands
from timers.clock import Clock, system_clock
from timers.scheduler import DeadlineScheduler
from timers.sweep import Swept

log = logging.getLogger(__name__)


class Background(ABC):
    """`start` and `shutdown` are called by whoever runs the process."""

    def __init__(self, platform: Platform, settings: Settings | None = None, clock: Clock = system_clock) -> None:
        self._platform = platform
        self._hands = Hands(platform, settings or Settings("", "", ""), clock)
        self._limits = DeadlineScheduler(self.sweep, self.next_due, clock)
        self._errands = DeadlineScheduler(self.run_errands, self.next_errand, clock)

    def start(self) -> None:
        self._limits.start()
        self._errands.start()

    def shutdown(self) -> None:
        """What is running finishes first. Errands end before limits, which fire as long as anything is waited for."""
        self._hands.enough.set()
        self._errands.shutdown()
        self._limits.shutdown()

    def saved(self, next_due: datetime | None) -> None:
        """An order was committed in this process: be awake when its next deadline passes."""
        if next_due is not None:
            self._limits.wake(next_due)

    # -- limits -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def fire_due(self, now: datetime) -> Swept:
        """See to it that one batch of what is due at `now` fires."""

    def sweep(self, now: datetime) -> Swept:
        """Fire what is due, then open the duties that have come round."""
        swept = self.fire_due(now)
        with guarded("duties"):
            self._hands.duties.sweep(now)
        return swept

    def next_due(self, swept_at: datetime) -> datetime | None:
        """When to sweep next: the next due time, the next retry, or the next duty."""
        hands = self._hands
        times = [self._platform.read.next_due(swept_at)]
        with guarded("incidents"):
            times.append(hands.incidents.next_retry(swept_at))
        with guarded("duties"):
            times.append(hands.duties.next_due())
        return earliest(times, swept_at)

    # -- everything else --------------------------------------------------------------------------------------------

    @abstractmethod
    def hand_out(self, now: datetime) -> Swept:
        """Deliver notices and work batches, or see to it that somebody does."""

    def run_errands(self, now: datetime) -> Swept:
        hands = self._hands
        with guarded("incidents"):
            hands.incidents.resolve_fired(now)
        handed = self.hand_out(now)
        with guarded("batch"):
            hands.retry_in_batches()
        with guarded("anchors"):
            hands.anchors.anchor_if_time(now)
        return handed

    def next_errand(self, swept_at: datetime) -> datetime | None:
        """When to run next: the next notice, or what failed in a batch. New ones are found by the safety net."""
        hands = self._hands
        return earliest([hands.delivery.next_at(swept_at), hands.incidents.next_retry_in_batches(swept_at)], swept_at)


@contextmanager
def guarded(what: str) -> Iterator[None]:
    """`what`: under which it is counted when it fails."""
    try:
        yield
    except Exception as error:
        ERRORS.labels(what).inc()
        log.error("%s: left for the next time", what, exc_info=error)


def earliest(times: list[datetime | None], since: datetime) -> datetime | None:
    """The earliest that is not before `since`: what was to be done by then and was not, is left to the safety net."""
    return min((at for at in times if at is not None and at >= since), default=None)
