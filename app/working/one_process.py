"""SQLite: one process does all the work. Its clocks call the hands themselves."""

from __future__ import annotations

from datetime import datetime

from app.working.background import Background, guarded
from timers.sweep import Swept, sweep

AT_ONCE = 100
"""Notices delivered before batches have their turn."""


class Sweeping(Background):
    """A deadline that cannot be fired becomes an incident and is tried again later and later; all others go on."""

    def fire_due(self, now: datetime) -> Swept:
        hands = self._hands
        return sweep(now, self._platform.read.due_orders, hands.fire, hands.could_not_fire)

    def hand_out(self, now: datetime) -> Swept:
        """Deliver notices, do one slice of each batch."""
        hands, done, more = self._hands, 0, False
        with guarded("notices"):
            done = hands.delivery.deliver_due(AT_ONCE, hands.enough)
            more = done >= AT_ONCE
        with guarded("batch"):
            for batch in hands.batches.open():
                more = hands.work_batch(batch.id) or more
                done += 1
        return Swept(done, 0, more)
