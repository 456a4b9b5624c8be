"""Incidents: what could not be done, why, and when it is tried again.

A failing deadline must not hold back the others, so its `retry_at` moves on with every failure: two seconds, then twice
as long each time, an hour at most. The incident stays until the deadline fires. An order that fails in a batch is tried
again by the same rule, apart from the batch; so is a duty that comes round and cannot be opened, which is of an office
and of no order.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from persistence import tables as t
from persistence.recurrences import Recurrence, of_duty
from persistence.store import Database
from persistence.waiting import wait_is_over
from processes.errors import Refusal
from timers.backoff import pause

FIRST_RETRY = timedelta(seconds=2)


class Incidents:
    """The table `incident`, and `retry_at` of the deadlines and duties that failed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def failed(self, deadline_id: str, error: str, now: datetime) -> datetime:
        """Record one more failure; returns when to try again. `error`: a sentence without personal data."""
        c = t.incident.c
        with self._database.transaction() as work:
            run = work.connection.execute
            query = sa.select(c.id, c.attempts).where(c.deadline_id == deadline_id, c.resolved_at.is_(None))
            found = run(query).first()
            attempts = found.attempts + 1 if found else 1
            if found:
                values = {"attempts": attempts, "last_at": now, "error": error}
                run(t.incident.update().where(c.id == found.id).values(values))
            else:
                order = sa.select(t.deadline.c.order_id).where(t.deadline.c.id == deadline_id).scalar_subquery()
                values = {
                    "order_id": order,
                    "deadline_id": deadline_id,
                    "what": "fire",
                    "error": error,
                    "attempts": 1,
                    "first_at": now,
                    "last_at": now,
                }
                run(t.incident.insert().values(values))
            retry_at = now + pause(FIRST_RETRY, attempts)
            run(t.deadline.update().where(t.deadline.c.id == deadline_id).values(retry_at=retry_at))
        return retry_at

    def failed_in_batch(self, batch: int, order_id: str, error: str, now: datetime) -> None:
        """An order of a batch failed, for the first time or again."""
        c = t.incident.c
        with self._database.transaction() as work:
            run = work.connection.execute
            mine = (c.batch == batch, c.order_id == order_id, c.resolved_at.is_(None))
            found = run(sa.select(c.id, c.attempts).where(*mine)).first()
            attempts = found.attempts + 1 if found else 1
            values = {
                "attempts": attempts,
                "last_at": now,
                "error": error,
                "retry_at": now + pause(FIRST_RETRY, attempts),
            }
            if found:
                run(t.incident.update().where(c.id == found.id).values(values))
            else:
                new = {"order_id": order_id, "batch": batch, "what": "batch", "first_at": now}
                run(t.incident.insert().values(values | new))

    def failed_duty(self, duty: Recurrence, error: str, now: datetime) -> None:
        """An occurrence of a duty could not be opened, for the first time or again."""
        c, r = t.incident.c, t.recurrence.c
        with self._database.transaction() as work:
            run = work.connection.execute
            found = run(sa.select(c.id, c.attempts).where(*of_duty(t.incident, duty), c.resolved_at.is_(None))).first()
            attempts = found.attempts + 1 if found else 1
            values = {"attempts": attempts, "last_at": now, "error": error}
            if found:
                run(t.incident.update().where(c.id == found.id).values(values))
            else:
                new = {
                    "office": duty.office,
                    "pack": duty.pack,
                    "process": duty.process,
                    "what": "duty",
                    "first_at": now,
                }
                run(t.incident.insert().values(values | new))
            this = (*of_duty(t.recurrence, duty), r.due_at == duty.due_at)
            run(t.recurrence.update().where(*this).values(retry_at=now + pause(FIRST_RETRY, attempts)))

    def due_in_batches(self, now: datetime, most: int) -> list[tuple[int, int, str]]:
        """(incident, batch, order) of what failed in batches and is to be tried again."""
        c = t.incident.c
        query = sa.select(c.id, c.batch, c.order_id).where(c.resolved_at.is_(None), wait_is_over(c.retry_at, now))
        with self._database.reading() as connection:
            return [(row.id, row.batch, row.order_id) for row in connection.execute(query.limit(most))]

    def resolve(self, incident_id: int, now: datetime) -> None:
        with self._database.transaction() as work:
            work.connection.execute(t.incident.update().where(t.incident.c.id == incident_id).values(resolved_at=now))

    def resolve_fired(self, now: datetime) -> int:
        """Close the incidents whose deadline has fired or is no longer due; returns how many."""
        c, d = t.incident.c, t.deadline.c
        over = sa.exists().where(d.id == c.deadline_id, d.fired_at.is_not(None) | d.cancelled_at.is_not(None))
        waiting = c.resolved_at.is_(None)
        with self._database.reading() as connection:
            closed = connection.execute(sa.select(c.id).where(waiting, over)).scalars().all()
        if closed:
            with self._database.transaction() as work:
                work.connection.execute(t.incident.update().where(c.id.in_(closed)).values(resolved_at=now))
        return len(closed)

    def retry_now(self, incident_id: int, office: str, now: datetime) -> bool:
        """Let the sweep try again at once. False if this office has no such incident, or it is over."""
        i, d, o, r = t.incident.c, t.deadline.c, t.work_order.c, t.recurrence.c
        of_office = sa.select(o.id).where(o.office == office)
        waiting = sa.select(i.deadline_id).where(i.id == incident_id, i.resolved_at.is_(None))
        mine = (d.id.in_(waiting), d.order_id.in_(of_office))
        of_duties = (i.office == office, r.office == i.office, r.pack == i.pack, r.process == i.process)
        duty = sa.exists().where(i.id == incident_id, i.resolved_at.is_(None), *of_duties)
        in_batch = (i.id == incident_id, i.resolved_at.is_(None), i.batch.is_not(None), i.order_id.in_(of_office))
        with self._database.transaction() as work:
            run = work.connection.execute
            if run(t.deadline.update().where(*mine).values(retry_at=now)).rowcount == 1:
                return True
            if run(t.recurrence.update().where(duty).values(retry_at=now)).rowcount == 1:
                return True
            return run(t.incident.update().where(*in_batch).values(retry_at=now)).rowcount == 1

    def next_retry(self, since: datetime) -> datetime | None:
        """When the next failed deadline is to be tried again, not before `since`."""
        d = t.deadline.c
        query = sa.select(sa.func.min(d.retry_at)).where(t.DEADLINE_WAITS, d.retry_at >= since)
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found

    def next_retry_in_batches(self, since: datetime) -> datetime | None:
        c = t.incident.c
        query = sa.select(sa.func.min(c.retry_at, type_=t.Instant)).where(c.resolved_at.is_(None), c.retry_at >= since)
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found


def sentence(error: Exception) -> str:
    """What an incident says. The text of an unforeseen error may quote a citizen; that of a refusal is ours."""
    return f"{error.zh} / {error.en}" if isinstance(error, Refusal) else type(error).__name__
