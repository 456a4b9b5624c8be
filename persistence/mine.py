"""Which open tasks are mine, by name or by a duty, and how the most urgent are found however long the queues are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.sight import Sight, of_regulation

MOST_COUNTED = 100
"""Counters stop here."""
NOBODY: sa.ColumnElement[str] = sa.literal_column("'[]'")
"""An empty list as it is stored. Not a parameter: a plan for any value could not use the index of what is not empty."""
MOST_URGENT: tuple[sa.ColumnElement[Any], ...] = (t.task.c.due_at.asc().nulls_last(), t.task.c.opened_at, t.task.c.id)


def most_urgent(
    sight: Sight,
    most: int,
    *,
    element: str | None = None,
    of_orders: Sequence[sa.ColumnElement[bool]] = (),
    until: datetime | None = None,
) -> sa.Subquery:
    """Open tasks (`id`, `due_at`) that the actor could do: the `most` urgent of each way to become the actor's.

    However long the queues are, each is read from its beginning in the order of an index, and no further. `element`:
    only these tasks; `of_orders`: only these orders'; `until`: due before.
    """
    c, user = t.task.c, sight.actor.user
    where = [
        c.office == sight.office,
        c.closed_at.is_(None),
        ~_under_review_by(user),
    ]
    if element is not None:
        where.append(c.element == element)
    if until is not None:
        where.append(c.due_at < until)
    joined: sa.FromClause = t.task
    if of_orders or sight.deployments:
        joined = t.task.join(t.work_order, t.work_order.c.id == c.order_id)
        where += [of_regulation(sight), *of_orders]
    # Role and unit are the same in all tasks of a duty: named first, they tell PostgreSQL that `ix_task_open` has the
    # rest in order even where one is null.
    duty: tuple[sa.ColumnElement[Any], ...] = (c.role, c.unit)
    ways = [(way, MOST_URGENT) for way in _by_name(user)] + [(way, duty + MOST_URGENT) for way in _by_duty(sight)]
    tasks = sa.select(c.id, c.due_at).select_from(joined).where(*where)
    found = [sa.select(tasks.where(way).order_by(*order).limit(most).subquery()) for way, order in ways]
    return sa.union(*found).subquery()


@lru_cache(maxsize=512)
def dues(sight: Sight, element: str | None) -> sa.Select[Any]:
    """When the most urgent of them are due, `MOST_COUNTED` at most. Every page asks: the statement is made once."""
    mine = most_urgent(sight, MOST_COUNTED, element=element)
    return sa.select(mine.c.due_at).order_by(mine.c.due_at.asc().nulls_last()).limit(MOST_COUNTED)


def _by_name(user: str) -> Iterator[sa.ColumnElement[bool]]:
    c = t.task.c
    yield c.assignee == user
    yield sa.and_(sa.type_coerce(c.candidates, sa.Text) != NOBODY, _among(c.candidates, user))


def _by_duty(sight: Sight) -> Iterator[sa.ColumnElement[bool]]:
    """A duty in the task's unit; for a task of no unit, one anywhere in the office."""
    c = t.task.c
    duties = {(duty.role, duty.unit) for duty in sight.actor.duties if duty.office == sight.office}
    for unit in sorted({unit for _, unit in duties} | {None}, key=str):
        roles = sorted({role for role, held_in in duties if unit is None or held_in == unit})
        place = c.unit.is_(None) if unit is None else c.unit == unit
        for role in roles:
            yield sa.and_(place, c.role == role)
        # `role` is the task's only role; where it has several that column is empty.
        if roles:
            yield sa.and_(place, c.role.is_(None), sa.or_(*(_among(c.roles, role) for role in roles)))


def _among(names: sa.ColumnElement[Any], name: Any) -> sa.ColumnElement[bool]:
    """Whether a list of names, kept as JSON, has this one."""
    text = sa.type_coerce(names, sa.Text)
    quoted = sa.literal('"') + name + '"'
    return sa.and_(text != NOBODY, sa.func.replace(text, quoted, "") != text)


def _under_review_by(user: str) -> sa.ColumnElement[bool]:
    """Tasks closed to this person because they did in this order what is under review (four eyes)."""
    c, j = t.task.c, t.journal.c
    done = j.act.in_(("receive", "open", "complete", "send"))
    theirs = sa.select(j.id).where(j.order_id == c.order_id, j.actor == user, done, _among(c.not_by, j.element))
    return sa.and_(sa.type_coerce(c.not_by, sa.Text) != NOBODY, theirs.exists())
