"""Each piece of background work, once: safe to repeat, safe to die in, the same on both databases."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from threading import Event

from app.anchoring import Anchors
from app.delivery.deliver import Delivery
from app.observing.metrics import ERRORS, note_fired
from app.platform import Platform
from app.recurring import Duties
from app.settings import Settings
from persistence.batches import Batch, Batches
from persistence.incidents import Incidents, sentence
from processes import verbs
from processes.errors import InHand
from processes.people import Actor
from timers.clock import Clock

log = logging.getLogger(__name__)

SLICE = 50
"""Orders of a batch between two looks at what else there is to do."""


class Hands:
    """What the workers, or the one process, do. `enough`: no further notice is begun once it is set."""

    def __init__(self, platform: Platform, settings: Settings, clock: Clock) -> None:
        self.platform, self.clock = platform, clock
        self.enough = Event()
        self.duties = Duties(platform)
        self.incidents = Incidents(platform.database)
        self.batches = Batches(platform.database)
        self.delivery = Delivery(platform, settings.ways, clock)
        self.anchors = Anchors(platform.database, settings.anchors)

    # -- deadlines --------------------------------------------------------------------------------------------------

    def fire(self, order_id: str, now: datetime) -> None:
        """Fire what is past on this order; nothing, if another was first, or is at the order now: one who holds an
        order for long must not keep all of those waiting who fire."""
        with suppress(InHand):
            note_fired(verbs.fire_due(self.platform.door, order_id, now, wait=False).fired)

    def could_not_fire(self, order_id: str, error: Exception, now: datetime) -> None:
        """An incident of each deadline that waits to fire on this order; it is tried again later and later."""
        ERRORS.labels("fire").inc()
        for deadline_id in self.platform.read.due_deadlines(order_id, now):
            self.incidents.failed(deadline_id, sentence(error), now)

    # -- batches ----------------------------------------------------------------------------------------------------

    def work_batch(self, batch_id: int) -> bool:
        """One slice of a batch. True if there is more to do."""
        batch = self.batches.get(batch_id)
        if batch is None or batch.ended_at is not None:
            return False
        calendar = self.platform.calendars.current(batch.office)
        # A newer calendar has a batch of its own, which walks through the same orders.
        orders = self.batches.slice(batch, calendar.version, SLICE) if batch.what == calendar.version else []
        for order_id in orders:
            failed = not self._recalculate(batch, order_id)
            self.batches.passed(batch.id, order_id, failed=failed)
        if len(orders) < SLICE:
            self.batches.end(batch.id, self.clock.now())
            return False
        return True

    def retry_in_batches(self) -> int:
        """Try again what failed in batches and is due; returns how many were tried."""
        due = self.incidents.due_in_batches(self.clock.now(), SLICE)
        for incident, batch_id, order_id in due:
            batch = self.batches.get(batch_id)
            if batch is None or self._recalculate(batch, order_id):
                self.incidents.resolve(incident, self.clock.now())
        return len(due)

    def _recalculate(self, batch: Batch, order_id: str) -> bool:
        now, calendar = self.clock.now(), self.platform.calendars.current(batch.office)
        try:
            verbs.recalculate(self.platform.door, Actor(batch.begun_by, batch.begun_by), order_id, calendar, now)
            return True
        except Exception as error:
            ERRORS.labels("batch").inc()
            log.error("order %s failed in batch %s", order_id, batch.id, exc_info=error)
            self.incidents.failed_in_batch(batch.id, order_id, sentence(error), now)
            return False
