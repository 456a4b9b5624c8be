"""Queries of pages and lists. They read; nothing here changes anything.

Everything is asked for an actor's office and, where the actor does not see the whole office, through the units in which
the actor holds a duty: what one may not see is not in the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from persistence import offices
from persistence import tables as t
from persistence.direct import POSTGRESQL
from persistence.search import may_hold
from persistence.store import Database
from processes.errors import NotFound
from processes.order import OFFICE_CASE, ORDER
from processes.people import Actor

Row = Mapping[str, Any]
PAGE = 50
OFTEN = 2_000
"""Titles that are gathered and sorted; of more, the latest are looked for one by one."""
MOST_COUNTED = 100
"""Counters stop here."""


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

    @property
    def roles(self) -> list[str]:
        return sorted(self.actor.roles(self.office))


class Reading:
    def __init__(self, database: Database) -> None:
        self._database = database

    def connection(self) -> AbstractContextManager[sa.Connection]:
        """For queries of the other rooms' lists."""
        return self._database.reading()

    def rows(self, query: sa.Select[Any]) -> list[Row]:
        with self._database.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    # -- lists of tasks and orders ----------------------------------------------------------------------------------

    def open_tasks(
        self,
        sight: Sight,
        *,
        elements: Collection[str] | None = None,
        without: Collection[str] = (),
        text: str = "",
        until: datetime | None = None,
        page: int = 1,
    ) -> list[Row]:
        """Tasks the actor could do, the most urgent first, with the order's columns (`order_…`).

        `elements`/`without`: only, or all but, these elements; `text`: part of title or number; `until`: due before.
        """
        last = page * PAGE + 1
        mine = _first_of_mine(sight, last, elements=elements, without=without, text=text, until=until)
        query = _tasks().where(t.task.c.id.in_(sa.select(mine.c.id))).order_by(*MOST_URGENT)
        return self.rows(query.limit(PAGE + 1).offset((page - 1) * PAGE))

    def count_open(
        self,
        sight: Sight,
        *,
        elements: Collection[str] | None = None,
        without: Collection[str] = (),
        until: datetime | None = None,
    ) -> int:
        """How many tasks the actor could do; more than `MOST_COUNTED` are not counted."""
        some = None if elements is None else frozenset(elements)
        query = _count_of_mine(sight, some, frozenset(without), until is not None)
        with self._database.reading() as connection:
            return int(connection.execute(query, {} if until is None else {"until": until}).scalar() or 0)

    def done_tasks(self, sight: Sight, *, page: int = 1) -> list[Row]:
        """Tasks the actor has completed, the latest first."""
        query = _tasks().where(t.task.c.done_by == sight.actor.user, t.task.c.office == sight.office, _of(sight))
        return self.rows(query.order_by(t.task.c.closed_at.desc()).limit(PAGE + 1).offset((page - 1) * PAGE))

    def orders(
        self,
        sight: Sight,
        *,
        text: str = "",
        statuses: Collection[str] | None = None,
        overdue: bool = False,
        kind: str = ORDER,
        page: int = 1,
    ) -> list[Row]:
        """Orders (or the office's own cases, by `kind`) that the actor may see, the latest first."""
        c, last = t.work_order.c, page * PAGE + 1
        where = [c.kind == kind]
        if statuses is not None:
            where.append(c.status.in_(list(statuses)))
        if overdue:
            where += _OVERDUE
        if text:
            where.append(matches(text, often=self._is_often(sight, text)))
        sights = seen(sight) if sight.whole_office else c.id.in_(_latest_of_units(sight, where, last))
        query = sa.select(t.work_order).where(sights, *where).order_by(c.received_at.desc(), c.id)
        return self.rows(query.limit(PAGE + 1).offset((page - 1) * PAGE))

    def count_overdue(self, sight: Sight) -> int:
        """How many orders that the actor may see are overdue and not closed; `MOST_COUNTED` at most."""
        c = t.work_order.c
        where = [c.kind == ORDER, *_OVERDUE]
        sights = seen(sight) if sight.whole_office else c.id.in_(_latest_of_units(sight, where, MOST_COUNTED))
        first = sa.select(c.id).where(sights, *where).limit(MOST_COUNTED).subquery()
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(first)).scalar() or 0)

    def _is_often(self, sight: Sight, text: str) -> bool:
        """Whether so many titles may have this text that the latest are found sooner one after another."""
        c = t.work_order.c
        lately = sa.select(c.title).where(c.office == sight.office, c.kind == ORDER).order_by(c.received_at.desc())
        lately_seen = lately.limit(OFTEN).subquery()
        some = sa.select(sa.literal(1)).where(_has(lately_seen.c.title, text)).limit(PAGE + 1).subquery()
        first = sa.select(c.id).where(may_hold(c.title, text)).limit(OFTEN).subquery()
        with self._database.reading() as connection:
            if connection.dialect.name != POSTGRESQL:
                return False
            # A page of them among the latest says it without asking the index, which gathers all before it tells.
            if connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one() > PAGE:
                return True
            return connection.execute(sa.select(sa.func.count()).select_from(first)).scalar_one() == OFTEN

    def count_orders(self) -> int:
        """All orders of all offices."""
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(t.work_order)).scalar() or 0)

    def cases_of(self, office: str, process: str, *, page: int = 1) -> list[Row]:
        """Cases of one process of the office, the latest first."""
        c = t.work_order.c
        query = sa.select(t.work_order).where(c.office == office, c.kind == OFFICE_CASE, c.process == process)
        return self.rows(query.order_by(c.received_at.desc(), c.number.desc()).limit(PAGE).offset((page - 1) * PAGE))

    # -- one order --------------------------------------------------------------------------------------------------

    def order(self, sight: Sight, number: str) -> Row:
        """An order by its number, for who may see it. Raises `NotFound`."""
        c = t.work_order.c
        rows = self.rows(sa.select(t.work_order).where(c.office == sight.office, c.number == number))
        if not rows:
            raise NotFound()
        row = rows[0]
        if not sight.whole_office and not set(sight.units) & set(row["units"]):
            raise NotFound()
        return row

    def open_tasks_of(self, order_id: str) -> list[Row]:
        c = t.task.c
        query = sa.select(t.task).where(c.order_id == order_id, c.closed_at.is_(None))
        return self.rows(query.order_by(c.opened_at, c.id))

    def tasks_of(self, order_id: str) -> list[Row]:
        query = sa.select(t.task).where(t.task.c.order_id == order_id)
        return self.rows(query.order_by(t.task.c.opened_at, t.task.c.id))

    def task(self, task_id: str) -> Row | None:
        rows = self.rows(sa.select(t.task).where(t.task.c.id == task_id))
        return rows[0] if rows else None

    def deadlines_of(self, order_id: str) -> list[Row]:
        """All deadlines the order ever had, by due time."""
        query = sa.select(t.deadline).where(t.deadline.c.order_id == order_id)
        return self.rows(query.order_by(t.deadline.c.due_at, t.deadline.c.id))

    def instances_of(self, order_id: str) -> list[Row]:
        query = sa.select(t.instance).where(t.instance.c.order_id == order_id)
        return self.rows(query.order_by(t.instance.c.seq))

    def journal_of(self, order_id: str) -> list[Row]:
        """The order's chain in order."""
        query = sa.select(t.journal).where(t.journal.c.order_id == order_id)
        return self.rows(query.order_by(t.journal.c.seq))

    def office_journal(self, office: str, *, limit: int = 200) -> list[Row]:
        """The office's own chain, the latest first."""
        c = t.journal.c
        query = sa.select(t.journal).where(c.office == office, c.order_id.is_(None))
        return self.rows(query.order_by(c.seq.desc()).limit(limit))

    def notices_of(self, order_id: str) -> list[Row]:
        query = sa.select(t.outbox).where(t.outbox.c.order_id == order_id)
        return self.rows(query.order_by(t.outbox.c.id))

    def personal_of(self, order_id: str, fields: Iterable[str] | None = None) -> dict[str, Any]:
        """The order's personal values in clear. Callers mask them, or journal that they were revealed."""
        with self._database.reading() as connection:
            wrapped = connection.execute(
                sa.select(t.order_key.c.wrapped).where(t.order_key.c.order_id == order_id)
            ).scalar()
            if wrapped is None:
                return {}
            key = self._database.master.unwrap(order_id, wrapped)
            query = sa.select(t.personal.c.field, t.personal.c.sealed).where(t.personal.c.order_id == order_id)
            if fields is not None:
                query = query.where(t.personal.c.field.in_(list(fields)))
            return {row.field: key.open(row.field, row.sealed) for row in connection.execute(query)}

    # -- offices, deadlines -----------------------------------------------------------------------------------------

    def offices(self) -> list[Row]:
        return self.rows(sa.select(t.office).order_by(t.office.c.id))

    def units(self, office: str) -> list[Row]:
        query = sa.select(t.unit).where(t.unit.c.office == office)
        return self.rows(query.order_by(t.unit.c.level, t.unit.c.name))

    def declared(self, office: str, kind: str, unit: str | None, start: datetime, end: datetime) -> bool:
        """Whether the office declared something of this kind about the unit, or about all, for that time."""
        with self._database.reading() as connection:
            return offices.declared(connection, office, kind, unit, start, end)

    def unit_of(self, office: str, unit: str) -> dict[str, str | None] | None:
        """`name`, `level`, `kind`, `parent` of a unit; None if the office has no such unit."""
        with self._database.reading() as connection:
            return offices.unit_of(connection, office, unit)

    def due_deadlines(self, now: datetime, limit: int, order_id: str | None = None) -> Sequence[str]:
        """Ids of deadlines (of one order) that have passed and wait to fire, the earliest first; of those due together
        the one that began first. Held ones do not, and those of replays live in virtual time.
        """
        c = t.deadline.c
        query = sa.select(c.id).join(t.work_order, _IN_REAL_TIME)
        if order_id is not None:
            query = query.where(c.order_id == order_id)
        query = query.where(t.DEADLINE_WAITS, c.due_at < now, sa.or_(c.retry_at.is_(None), c.retry_at <= now))
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(c.due_at, c.anchor_at, c.id).limit(limit)).scalars())

    def next_due(self) -> datetime | None:
        """When the next deadline passes."""
        c = t.deadline.c
        query = sa.select(c.due_at).join(t.work_order, _IN_REAL_TIME)
        query = query.where(t.DEADLINE_WAITS, c.retry_at.is_(None)).order_by(c.due_at).limit(1)
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found

    def incidents(self) -> list[Row]:
        """What could not be done and is being retried, the latest first."""
        query = sa.select(t.incident).where(t.incident.c.resolved_at.is_(None))
        return self.rows(query.order_by(t.incident.c.last_at.desc()).limit(200))


_OVERDUE = (t.work_order.c.overdue.is_(True), t.work_order.c.closed_at.is_(None))
_IN_REAL_TIME = (t.work_order.c.id == t.deadline.c.order_id) & t.work_order.c.replay.is_(False)


def _tasks() -> sa.Select[Any]:
    o = t.work_order.c
    columns = [
        o.number.label("order_number"),
        o.title.label("order_title"),
        o.status.label("order_status"),
        o.request_type.label("order_request_type"),
        o.category.label("order_category"),
        o.region.label("order_region"),
        o.lead_unit.label("order_lead_unit"),
        o.overdue.label("order_overdue"),
        o.received_at.label("order_received_at"),
        o.deployment.label("order_deployment"),
        o.kind.label("order_kind"),
    ]
    return sa.select(t.task, *columns).select_from(t.task.join(t.work_order, o.id == t.task.c.order_id))


def _first_of_mine(
    sight: Sight,
    most: int,
    *,
    elements: Collection[str] | None = None,
    without: Collection[str] = (),
    text: str = "",
    until: datetime | sa.BindParameter[datetime] | None = None,
) -> sa.Subquery:
    """Ids of open tasks that the actor could do: of each way in which one becomes the actor's, the `most` urgent.

    However long the queues are, each is read from its beginning in the order of an index, and no further.
    """
    c, user = t.task.c, sight.actor.user
    where = [
        c.office == sight.office,
        c.closed_at.is_(None),
        sa.or_(c.assignee.is_(None), c.assignee == user),
        ~_under_review_by(user),
    ]
    if elements is not None:
        where.append(c.element.in_(list(elements)))
    if without:
        where.append(c.element.not_in(list(without)))
    if until is not None:
        where.append(c.due_at < until)
    joined: sa.FromClause = t.task
    if text or sight.deployments:
        joined = t.task.join(t.work_order, t.work_order.c.id == c.order_id)
        where += [_of(sight), matches(text) if text else sa.true()]
    found = [
        sa.select(
            # Role and unit are the same in all of a way's tasks: named first, they tell PostgreSQL that `ix_task_open`
            # has the rest in order even where one is null.
            sa.select(c.id)
            .select_from(joined)
            .where(way, *where)
            .order_by(c.role, c.unit, *MOST_URGENT)
            .limit(most)
            .subquery()
        )
        for way in _ways(sight)
    ]
    return sa.union(*found).subquery()


@lru_cache(maxsize=512)
def _count_of_mine(
    sight: Sight, elements: frozenset[str] | None, without: frozenset[str], has_until: bool
) -> sa.Select[Any]:
    """How many of them there are. Every page counts several times: what asks is made once for a person's duties."""
    until = sa.bindparam("until", type_=t.Instant) if has_until else None
    mine = _first_of_mine(sight, MOST_COUNTED, elements=elements, without=without, until=until)
    return sa.select(sa.func.count()).select_from(sa.select(mine.c.id).limit(MOST_COUNTED).subquery())


NOBODY: sa.ColumnElement[str] = sa.literal_column("'[]'")
"""An empty list as it is stored. Not a parameter: a plan for any value could not use the index of what is not empty."""
MOST_URGENT = (t.task.c.due_at.asc().nulls_last(), t.task.c.opened_at, t.task.c.id)


def _ways(sight: Sight) -> Iterator[sa.ColumnElement[bool]]:
    """The ways in which a task becomes the actor's: by name, or by a duty in its unit or in the whole office."""
    c, user = t.task.c, sight.actor.user
    yield c.assignee == user
    yield sa.and_(sa.type_coerce(c.candidates, sa.Text) != NOBODY, _among(c.candidates, user))
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


def seen(sight: Sight) -> sa.ColumnElement[bool]:
    """Of the office's orders those that the actor may see."""
    c = t.work_order.c
    if sight.whole_office:
        return sa.and_(c.office == sight.office, _of(sight))
    theirs = sa.select(t.order_unit.c.order_id).where(t.order_unit.c.unit.in_(sight.units))
    return sa.and_(c.office == sight.office, c.id.in_(theirs), _of(sight))


def _latest_of_units(sight: Sight, where: Sequence[sa.ColumnElement[bool]], most: int) -> sa.Select[Any]:
    """Ids of the latest orders of each of the actor's units: read from the end of an index, and no further."""
    c, o = t.order_unit.c, t.work_order.c
    joined = t.order_unit.join(t.work_order, o.id == c.order_id)
    latest = [
        sa.select(
            sa.select(c.order_id)
            .select_from(joined)
            .where(c.unit == unit, o.office == sight.office, _of(sight), *where)
            .order_by(c.received_at.desc(), c.order_id)
            .limit(most)
            .subquery()
        )
        for unit in sight.units
    ]
    return sa.select(sa.union(*latest).subquery().c.order_id) if latest else sa.select(sa.null()).where(sa.false())


def _of(sight: Sight) -> sa.ColumnElement[bool]:
    """The orders of the regulation the actor works by; nothing to ask where the office has one."""
    return t.work_order.c.deployment.in_(sight.deployments) if sight.deployments else sa.true()


def matches(text: str, *, often: bool = False) -> sa.ColumnElement[bool]:
    """Part of a title in either case, or the beginning of a number. Wildcards in what people type are just characters.

    `often`: many titles have it. PostgreSQL cannot know, and would gather them all; asked in a way that no index
    serves, it reads orders from the latest on.
    """
    c = t.work_order.c
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    has_it = _has(c.title, text)
    number = c.number.like(f"{escaped}%", escape="\\")
    return sa.or_(has_it, number) if often else sa.or_(sa.and_(may_hold(c.title, text), has_it), number)


def _has(title: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    low = sa.func.lower(title)
    return sa.func.replace(low, text.lower(), "") != low
