"""Importing a holiday notice: look at what it would move, then adopt it and recompute, one command per order.

The notice makes a new version of the office's calendar; no other office's deadlines move. Running deadlines that were
computed with another version are computed again through the door; each move is journalled with old and new. From the
page that is a batch (`app/working`), done in slices while people go on working: what is still on another version is
what remains to be done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.platform import Platform
from persistence.batches import Batch, Batches
from processes import running, verbs
from processes.command import Command
from processes.people import Actor
from timers.calendar import Calendar
from timers.notice import Notice

KIND = "holidays"
"""The kind of the batch that recomputes."""
MOST_PREVIEWED = 200
"""Orders that a preview computes; the count says how many there are."""


@dataclass(frozen=True, slots=True)
class Move:
    """A deadline of an order that the notice moves. Times: aware, UTC."""

    number: str
    title: str
    name: str
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """`orders`: how many have running deadlines to compute again; `moves`: of the first `MOST_PREVIEWED` of them."""

    calendar: Calendar
    orders: int
    moves: tuple[Move, ...]


def preview(platform: Platform, notice: Notice, actor: Actor, office: str, now: datetime) -> Preview:
    """What adopting the notice would change, of the office. Nothing is written."""
    calendar = platform.calendars.current(office).with_notice(notice)
    affected = platform.calendars.affected_orders(office, calendar)
    moves: list[Move] = []
    read = platform.read
    for order_id in affected[:MOST_PREVIEWED]:
        # Read, moved in memory and thrown away.
        order = read.aggregate(read.by_id(order_id))
        command = Command(order, platform.library.of(order.deployment), calendar, read, actor, now)
        names = {deadline.element: deadline.name for deadline in order.deadlines.values()}
        for moved in running.recalculate(command, calendar):
            if moved["from"] != moved["to"]:
                moves.append(Move(order.number, order.title, names[moved["element"]], moved["from"], moved["to"]))
    return Preview(calendar, len(affected), tuple(moves))


def apply(
    platform: Platform,
    notice: Notice,
    actor: Actor,
    office: str,
    now: datetime,
    progress: Callable[[int], Any] | None = None,
) -> int:
    """Adopt the notice and recompute every running deadline. Returns how many orders were computed again."""
    calendar = _adopt(platform, notice, actor, office, now)
    affected = platform.calendars.affected_orders(office, calendar)
    for order_id in affected:
        verbs.recalculate(platform.door, actor, order_id, calendar, now)
        if progress is not None:
            progress(1)
    return len(affected)


def begin(platform: Platform, notice: Notice, actor: Actor, office: str, now: datetime) -> Batch | None:
    """Adopt the notice, and leave the recomputing to a batch that commits with it; None if nothing is to be done."""
    batches, number = Batches(platform.database), None
    with platform.database.transaction() as work:
        calendar = _adopt(platform, notice, actor, office, now)
        total = len(platform.calendars.affected_orders(office, calendar))
        if total:
            number = batches.begin(work, office, KIND, calendar.version, total, actor.user, now)
    return None if number is None else batches.get(number)


def _adopt(platform: Platform, notice: Notice, actor: Actor, office: str, now: datetime) -> Calendar:
    with platform.database.transaction():
        calendar = platform.calendars.adopt(office, notice, actor=actor, now=now)
        changed = {"year": notice.year, "source": notice.source, "version": calendar.version}
        verbs.record(platform.door, actor, office, "import_calendar", changed, now)
    return calendar
