"""The outbox: notices written with the command that sends them, claimed and delivered afterwards.

A claim is a lease: the row's `next_at` moves on by `LEASE`, and the claim is committed before anything is sent. Whoever
dies while sending leaves a notice that is due again when the lease is over, so that every notice goes out at least
once, always under the same key. Two who claim at once get different rows (`SKIP LOCKED`; SQLite has one writer).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.notice_states import DEAD, KEPT, SENT, WAITING
from persistence.reading import PAGE, Row
from persistence.store import Database
from persistence.waiting import wait_is_over

LEASE = timedelta(minutes=5)
"""Longer than any delivery may take (`TOTAL_SECONDS` of `app.delivery.mail` and `webhook`)."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice in hand. `left`: addresses still to be reached after an attempt that reached some; None before any."""

    key: str
    order_id: str
    office: str
    number: str
    deployment: int
    to: str
    unit: str | None
    template: str
    body: Mapping[str, Any]
    at: datetime
    attempts: int
    left: tuple[str, ...] | None
    unreal: bool
    """Of a replay or a demo: nobody may hear of it."""


class Outbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, now: datetime, most: int, *, key: str | None = None) -> list[Claimed]:
        """Take up to `most` notices that are due, the longest due first; or the one with `key`, if it is due."""
        c = t.outbox.c
        due = sa.select(c.id).where(c.state == WAITING, wait_is_over(c.next_at, now))
        if key is not None:
            due = due.where(c.key == key)
        due = due.order_by(c.next_at, c.id).limit(most).with_for_update(skip_locked=True)
        with self._database.transaction() as work:
            # Two statements: in one, PostgreSQL may ask the inner question again and claim more than `most`.
            ids = list(work.connection.execute(due).scalars())
            if not ids:
                return []
            taken = t.outbox.update().where(c.id.in_(ids)).values(attempts=c.attempts + 1, next_at=now + LEASE)
            work.connection.execute(taken)
            o = t.work_order.c
            columns = [o[name] for name in ("office", "number", "deployment", "replay", "demo")]
            query = sa.select(t.outbox, *columns).join(t.work_order, o.id == c.order_id).where(c.id.in_(ids))
            return [_claimed(row) for row in work.connection.execute(query.order_by(c.at, c.id)).mappings()]

    def sent(self, key: str, now: datetime, note: str | None = None) -> None:
        """It has gone out, whatever another may say who tried meanwhile. `note`: whom it could not reach for good."""
        values = {"state": SENT, "sent_at": now, "next_at": None, "left": None, "error": note}
        with self._database.transaction() as work:
            work.connection.execute(t.outbox.update().where(t.outbox.c.key == key).values(values))

    def put_off(self, key: str, until: datetime, error: str, left: Collection[str] | None = None) -> None:
        """It did not go out, or not to all; try again later. `error`: a sentence without personal data."""
        self._set(key, next_at=until, error=error, left=None if left is None else list(left))

    def give_up(self, key: str, error: str) -> None:
        """A dead letter: an admin sees it with its cause and may send it again."""
        self._set(key, state=DEAD, next_at=None, error=error)

    def keep(self, key: str, why: str) -> None:
        """It is for nobody: a demo, or nothing is set up to carry it."""
        self._set(key, state=KEPT, next_at=None, error=why)

    def resend(self, key: str, now: datetime, office: str | None = None) -> bool:
        """Let a dead or kept notice go out after all. False if there is none (in that office), or it is unreal."""
        c, o = t.outbox.c, t.work_order.c
        real = sa.select(o.id).where(o.replay.is_(False), o.demo.is_(False))
        if office is not None:
            real = real.where(o.office == office)
        again = t.outbox.update().where(c.key == key, c.state.in_((DEAD, KEPT)), c.order_id.in_(real))
        again = again.values(state=WAITING, next_at=now, attempts=0, error=None)
        with self._database.transaction() as work:
            done = work.connection.execute(again).rowcount == 1
            if done and self._database.queue is not None:
                self._database.queue.announce_notices(work.connection, [key])
        return done

    # -- asking -----------------------------------------------------------------------------------------------------

    def next_at(self, since: datetime) -> datetime | None:
        """When the next notice is to be delivered, not before `since`."""
        c = t.outbox.c
        query = sa.select(sa.func.min(c.next_at, type_=t.Instant)).where(c.state == WAITING, c.next_at >= since)
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found

    def count(self, office: str | None = None, states: Sequence[str] = (WAITING, DEAD)) -> dict[str, int]:
        """How many there are in these states: of those that wait and those that are dead there are few at any time."""
        c, o = t.outbox.c, t.work_order.c
        query = sa.select(c.state, sa.func.count()).where(c.state.in_(states)).group_by(c.state)
        if office is not None:
            query = query.join(t.work_order, o.id == c.order_id).where(o.office == office)
        with self._database.reading() as connection:
            found = {str(state): int(n) for state, n in connection.execute(query)}
        return dict.fromkeys(states, 0) | found

    def page(self, *, office: str | None = None, state: str | None = None, page: int = 1) -> list[Row]:
        """Notices with their order's number and title (`order_…`), the latest first; one more than a page."""
        c, o = t.outbox.c, t.work_order.c
        columns = [o[name].label(f"order_{name}") for name in ("number", "title", "deployment", "office")]
        query = sa.select(t.outbox, *columns, sa.or_(o.replay, o.demo).label("unreal"))
        query = query.join(t.work_order, o.id == c.order_id)
        if office is not None:
            query = query.where(o.office == office)
        if state is not None:
            query = query.where(c.state == state)
        query = query.order_by(c.id.desc()).limit(PAGE + 1).offset((page - 1) * PAGE)
        with self._database.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _set(self, key: str, **values: Any) -> None:
        c = t.outbox.c
        with self._database.transaction() as work:
            work.connection.execute(t.outbox.update().where(c.key == key, c.state == WAITING).values(values))


def mark_demo(database: Database, office: str) -> None:
    """Everything in this office was made up: its notices are never delivered."""
    with database.transaction() as work:
        work.connection.execute(t.work_order.update().where(t.work_order.c.office == office).values(demo=True))


def _claimed(row: sa.RowMapping) -> Claimed:
    left = None if row["left"] is None else tuple(row["left"])
    names = ("key", "order_id", "office", "number", "deployment", "to", "unit", "template", "body", "at", "attempts")
    return Claimed(**{name: row[name] for name in names}, left=left, unreal=bool(row["replay"] or row["demo"]))
