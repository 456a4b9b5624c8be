"""The demo: people for every duty of a pack, and orders at every stage, made by the real verbs in virtual time.

Everything is made up and comes out the same for the same day: who, what and when are drawn from a generator with a
fixed seed. Laying it down again changes nothing; an office that already has orders gets none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.demo.people import enter_people
from app.demo.player import Player
from app.demo.stories import plan
from app.demo.told import most_orders
from app.platform import Platform
from persistence.outbox import mark_demo
from persistence.sight import Sight
from processes.people import SYSTEM
from timers.clock import Clock

__all__ = ["Laid", "lay_down", "most_orders"]


@dataclass(frozen=True, slots=True)
class Laid:
    """How many people and orders were entered."""

    people: int
    orders: int


def lay_down(platform: Platform, office: str, clock: Clock, played: Callable[[], None] = lambda: None) -> Laid:
    """Enter people and orders into an office whose regulation is in force. All of it or nothing.

    `played` hears of every order done, of `most_orders(pack)` in all.
    """
    now = clock.now().replace(microsecond=0)
    with platform.database.batch():
        people = enter_people(platform, office, now)
        orders = 0
        if not _has_orders(platform, office):
            orders = _enter_orders(platform, office, now, played)
            mark_demo(platform.database, office)
    return Laid(people, orders)


def _has_orders(platform: Platform, office: str) -> bool:
    return bool(platform.read.orders(Sight(SYSTEM, office, whole_office=True)))


def _enter_orders(platform: Platform, office: str, now: datetime, played: Callable[[], None]) -> int:
    player = Player(platform, office, now)
    stories = plan(platform, office, now)
    for story in stories:
        player.play(story)
        played()
    return len(stories)
