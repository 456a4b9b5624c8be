"""What somebody may see of an office: all of its orders, or those that involve a unit in which they hold a duty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.search import matches
from processes.people import Actor


@dataclass(frozen=True, slots=True)
class Sight:
    """What an actor sees of an office: all of it, or what involves some units. `deployments`: only what runs on these,
    where the office has several regulations; empty for all."""

    actor: Actor
    office: str
    whole_office: bool
    deployments: tuple[int, ...] = ()

    @property
    def units(self) -> list[str]:
        return sorted(self.actor.units(self.office))


def seen(sight: Sight) -> sa.ColumnElement[bool]:
    """Of the office's orders those that the actor may see."""
    c = t.work_order.c
    if sight.whole_office:
        return sa.and_(c.office == sight.office, of_regulation(sight))
    u = t.order_unit.c
    theirs = sa.select(u.order_id).where(u.office == sight.office, u.unit.in_(sight.units))
    return sa.and_(c.office == sight.office, c.id.in_(theirs), of_regulation(sight))


def latest(sight: Sight, where: Sequence[sa.ColumnElement[bool]], most: int) -> sa.Select[Any]:
    """Ids of the latest orders that the actor may see: the `most` latest of the office, or of each of their units."""
    return _together([way.limit(most) for way in _latest_first(sight, where)])


def lately(
    sight: Sight, where: Sequence[sa.ColumnElement[bool]], text: str, most: int, *, among: int
) -> sa.Select[Any]:
    """Of the `among` latest of the office, or of each of their units, ids of the `most` latest with this text."""
    ways = [way.limit(among).subquery().c for way in _latest_first(sight, where)]
    found = [sa.select(c.id).where(matches(text, c)).order_by(c.received_at.desc(), c.id) for c in ways]
    return _together([one.limit(most) for one in found])


def _latest_first(sight: Sight, where: Sequence[sa.ColumnElement[bool]]) -> Iterator[sa.Select[Any]]:
    """What the actor may see, in the order of an index that is read from its end, and no further than is asked for."""
    c, o = t.order_unit.c, t.work_order.c
    searched = (o.id, o.number, o.archive_no, o.title, o.received_at)
    orders = sa.select(*searched).where(o.office == sight.office, of_regulation(sight), *where)
    if sight.whole_office:
        yield orders.order_by(o.received_at.desc(), o.id)
        return
    of_unit = orders.join(t.order_unit, o.id == c.order_id)
    for unit in sight.units:
        yield of_unit.where(c.office == sight.office, c.unit == unit).order_by(c.received_at.desc(), c.order_id)


def _together(ways: Sequence[sa.Select[Any]]) -> sa.Select[Any]:
    if not ways:
        return sa.select(sa.null()).where(sa.false())
    return sa.select(sa.union(*(sa.select(way.subquery().c.id) for way in ways)).subquery().c.id)


def of_regulation(sight: Sight) -> sa.ColumnElement[bool]:
    """The orders of the regulation the actor works by; nothing to ask where the office has one."""
    return t.work_order.c.deployment.in_(sight.deployments) if sight.deployments else sa.true()
