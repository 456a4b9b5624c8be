"""Queries of pages and lists. They read; nothing here changes anything.

Everything is asked for an actor's office and, where the actor does not see the whole office, through the units in which
the actor holds a duty: what one may not see is not in the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from persistence import offices
from persistence import tables as t
from persistence.direct import POSTGRESQL
from persistence.family import aggregate, made
from persistence.mine import MOST_COUNTED, MOST_URGENT, dues, most_urgent
from persistence.search import matches, may_match
from persistence.sight import Sight, lately, latest, of_regulation, seen
from persistence.store import Database
from persistence.waiting import wait_is_over
from processes.errors import NotFound
from processes.order import OFFICE_CASE, ORDER, Order

Row = Mapping[str, Any]
PAGE = 50
OFTEN = 2_000
"""Titles that are gathered and sorted; of more, the latest are looked for one by one."""


class Reading:
    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, query: sa.Select[Any]) -> list[Row]:
        with self._database.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    # -- lists of tasks and orders ----------------------------------------------------------------------------------

    def open_tasks(
        self, sight: Sight, *, element: str | None = None, text: str = "", until: datetime | None = None, page: int = 1
    ) -> list[Row]:
        """Tasks the actor could do, the most urgent first, with the order's columns (`order_…`).

        `element`: only these tasks; `text`: part of title or number; `until`: due before.
        """
        of_orders: list[sa.ColumnElement[bool]] = []
        if text:
            few = self.few(t.work_order.c.office == sight.office, may_match(text))
            if few == []:
                return []
            of_orders = [among(few), matches(text)]
        mine = most_urgent(sight, page * PAGE + 1, element=element, of_orders=of_orders, until=until)
        query = _tasks().where(t.task.c.id.in_(sa.select(mine.c.id))).order_by(*MOST_URGENT)
        return self.rows(query.limit(PAGE + 1).offset((page - 1) * PAGE))

    def dues(self, sight: Sight, element: str | None = None) -> list[datetime | None]:
        """When each task the actor could do is due, the most urgent first, `MOST_COUNTED` at most; None: no limit."""
        with self._database.reading() as connection:
            return list(connection.execute(dues(sight, element)).scalars())

    def done_tasks(self, sight: Sight, *, page: int = 1) -> list[Row]:
        """Tasks the actor has completed, the latest first."""
        c = t.task.c
        query = _tasks().where(c.done_by == sight.actor.user, c.office == sight.office, of_regulation(sight))
        return self.rows(query.order_by(c.closed_at.desc()).limit(PAGE + 1).offset((page - 1) * PAGE))

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
            # What most people search for is among the latest orders, where it is found without asking an index.
            rows = self._orders([c.id.in_(lately(sight, where, text, last, among=OFTEN))], page)
            if len(rows) > PAGE:
                return rows
            few = self.few(c.office == sight.office, may_match(text), *where)
            if few == []:
                return []
            where += [among(few), matches(text)]
        sights = seen(sight) if sight.whole_office else c.id.in_(latest(sight, where, last))
        return self._orders([sights, *where], page)

    def _orders(self, where: Sequence[sa.ColumnElement[bool]], page: int) -> list[Row]:
        c = t.work_order.c
        query = sa.select(t.work_order).where(*where).order_by(c.received_at.desc(), c.id)
        return self.rows(query.limit(PAGE + 1).offset((page - 1) * PAGE))

    def few(self, *where: sa.ColumnElement[bool]) -> list[str] | None:
        """Ids of all such orders, if these are fewer than `OFTEN`; None: look at one order after another.

        PostgreSQL cannot tell beforehand whether a word is rare, because it takes its characters for independent of
        each other. Of a common one, a page is found sooner from the latest orders on than by gathering them all.
        """
        if self._database.engine.dialect.name != POSTGRESQL:
            return None
        with self._database.reading() as connection:
            ids = list(connection.execute(sa.select(t.work_order.c.id).where(*where).limit(OFTEN)).scalars())
        return ids if len(ids) < OFTEN else None

    def count_overdue(self, sight: Sight) -> int:
        """How many orders that the actor may see are overdue and not closed; `MOST_COUNTED` at most."""
        overdue = latest(sight, [t.work_order.c.kind == ORDER, *_OVERDUE], MOST_COUNTED).limit(MOST_COUNTED).subquery()
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(overdue)).scalar() or 0)

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

    def by_id(self, order_id: str) -> Row:
        """An order's row, whoever asks. Raises `NotFound`."""
        rows = self.rows(sa.select(t.work_order).where(t.work_order.c.id == order_id))
        if not rows:
            raise NotFound()
        return rows[0]

    def aggregate(self, row: Row) -> Order:
        """The order of a row with what is alive of it, for asking only: neither locked nor ever saved."""
        with self._database.reading() as connection:
            return aggregate(connection, row)

    def made(self, made_id: str) -> str | None:
        """The order that has this id, or has an instance with it."""
        with self._database.reading() as connection:
            return made(connection, made_id)

    def number_of(self, order_id: str) -> str | None:
        rows = self.rows(sa.select(t.work_order.c.number).where(t.work_order.c.id == order_id))
        return str(rows[0]["number"]) if rows else None

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

    def due_orders(self, now: datetime, limit: int) -> Sequence[str]:
        """Ids of orders with deadlines that have passed and wait to fire, the one with the earliest first. Held
        deadlines do not wait, and those of replays live in virtual time."""
        with self._database.reading() as connection:
            return list(connection.execute(due_orders(now, limit)).scalars())

    def due_deadlines(self, order_id: str, now: datetime) -> Sequence[str]:
        """Ids of the order's deadlines that have passed and wait to fire, the earliest first."""
        c = t.deadline.c
        query = sa.select(c.id).where(c.order_id == order_id, *_passed(now)).order_by(c.due_at, c.id)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def next_due(self, since: datetime | None = None) -> datetime | None:
        """When the next deadline (not before `since`) passes."""
        c = t.deadline.c
        query = sa.select(c.due_at).join(t.work_order, _IN_REAL_TIME).where(t.DEADLINE_WAITS)
        if since is not None:
            query = query.where(c.due_at >= since)
        query = query.order_by(c.due_at).limit(1)
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found


SEVERAL, LEAST_READ = 8, 100
"""Deadlines of an order that may be due together; orders that are put in their order at least."""
_OVERDUE = (t.work_order.c.overdue.is_(True), t.work_order.c.closed_at.is_(None))
_IN_REAL_TIME = (t.work_order.c.id == t.deadline.c.order_id) & t.work_order.c.replay.is_(False)


def due_orders(now: datetime, limit: int, *where: sa.ColumnElement[bool] | sa.TextClause) -> sa.Select[Any]:
    """`Reading.due_orders` as a query. Of orders due together, the one whose limit began first.

    It reads the earliest deadlines only, however many are due: where these are so many of each order that fewer orders
    come than were asked for, the others come when these have fired.
    """
    c = t.deadline.c
    # Asked for each deadline that is due: joined, PostgreSQL would rather sort both and walk through all orders.
    unreal = sa.select(t.work_order.c.replay).where(t.work_order.c.id == c.order_id).scalar_subquery()
    earliest = sa.select(c.order_id, c.due_at, c.anchor_at).where(*_passed(now), ~unreal, *where).order_by(c.due_at)
    e = earliest.limit(SEVERAL * max(limit, LEAST_READ)).subquery().c
    query = sa.select(e.order_id).group_by(e.order_id)
    return query.order_by(sa.func.min(e.due_at), sa.func.min(e.anchor_at), e.order_id).limit(limit)


def _passed(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    c = t.deadline.c
    return t.DEADLINE_WAITS, c.due_at < now, sa.or_(c.retry_at.is_(None), wait_is_over(c.retry_at, now))


def among(few: list[str] | None) -> sa.ColumnElement[bool]:
    """Whether an order is one of them; of all orders, if there is no list."""
    return sa.true() if few is None else t.work_order.c.id == sa.any_(sa.literal(few, ARRAY(sa.String)))


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
