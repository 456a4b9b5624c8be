"""The unit of work on SQLAlchemy: load an order, save an order, chain its journal.

An aggregate is loaded in four statements and saved in one per table that changed. After the commit it is kept in
memory (`Kept`): the next command on the same order then needs one statement to lock the row and see that the version
still matches. Whatever fails inside a transaction throws the aggregate away with it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock, local
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.database import connect
from persistence.keys import MasterKey, OrderKey
from processes.command import Changes
from processes.errors import NotFound, Stale
from processes.journal import GENESIS, Row, chain
from processes.order import Deadline, Entry, Instance, Notice, Order, Task

INSTANCE = ("id", "process", "state", "vars", "status", "started_at", "started_by", "ended_at", "seq")
TASK = (
    "id", "instance", "process", "element", "name", "form", "unit", "assignee", "local",
    "opened_at", "due_at", "closed_at", "outcome", "done_by",
)  # fmt: skip
DEADLINE = (
    "id", "instance", "process", "element", "name", "timer", "task", "subject", "host", "rule", "anchor_at", "due_at",
    "provisional", "calendar", "explanation", "soft", "depends_on", "held_by", "extended_from", "fired_at",
    "cancelled_at", "ended_at",
)  # fmt: skip
INDEXED_FACTS = ("request_type", "category", "region", "channel", "lead_unit")


def _updating(table: sa.Table, names: tuple[str, ...]) -> sa.Update:
    """An UPDATE of rows by id, for one or many rows. Built once: building a statement costs more than running it."""
    values: dict[str, Any] = {name: sa.bindparam(f"to_{name}") for name in names}
    return table.update().where(table.c.id == sa.bindparam("row_id")).values(values)


ORDER = (
    "id", "office", "number", "deployment", "status", "title", "received_at", "facts", "version", "closed_at",
    "archived_at", "journal_seq", "journal_head", "replay", "units", "done", "started", "ended_instances",
)  # fmt: skip
ORDER_CHANGES = (
    *INDEXED_FACTS, "status", "overdue", "closed_at", "archived_at", "next_due_at", "facts", "units", "done", "started",
    "ended_instances", "version", "journal_seq", "journal_head",
)  # fmt: skip
INSTANCE_CHANGES = ("state", "vars", "status", "ended_at")
TASK_CHANGES = ("assignee", "due_at", "closed_at", "outcome", "done_by")
DEADLINE_CHANGES = (
    "rule", "due_at", "provisional", "calendar", "explanation", "held_by", "extended_from", "fired_at", "cancelled_at",
    "ended_at",
)  # fmt: skip

_KEY: sa.BindParameter[Any] = sa.bindparam("key")
_ROW = sa.select(*(t.work_order.c[name] for name in ORDER)).with_for_update()
LOAD_ORDER = _ROW.where(t.work_order.c.id == _KEY)
LOAD_BY_TASK = _ROW.where(
    t.work_order.c.id == sa.select(t.task.c.order_id).where(t.task.c.id == _KEY).scalar_subquery()
)
LOAD_BY_DEADLINE = _ROW.where(
    t.work_order.c.id == sa.select(t.deadline.c.order_id).where(t.deadline.c.id == _KEY).scalar_subquery()
)
LOAD_INSTANCES = (
    sa.select(t.instance)
    .where(t.instance.c.order_id == _KEY, t.instance.c.ended_at.is_(None))
    .order_by(t.instance.c.seq)
)
LOAD_TASKS = sa.select(t.task).where(t.task.c.order_id == _KEY, t.task.c.closed_at.is_(None))
LOAD_DEADLINES = sa.select(t.deadline).where(
    t.deadline.c.order_id == _KEY, t.deadline.c.ended_at.is_(None), t.deadline.c.cancelled_at.is_(None)
)
SAVE_ORDER = _updating(t.work_order, ORDER_CHANGES).where(t.work_order.c.version == sa.bindparam("old_version"))
SAVE_INSTANCES = _updating(t.instance, INSTANCE_CHANGES)
SAVE_TASKS = _updating(t.task, TASK_CHANGES)
SAVE_DEADLINES = _updating(t.deadline, DEADLINE_CHANGES)
ADD_ORDER = t.work_order.insert()
ADD_UNITS = t.order_unit.insert()
ADD_INSTANCES = t.instance.insert()
ADD_TASKS = t.task.insert()
ADD_DEADLINES = t.deadline.insert()
ADD_JOURNAL = t.journal.insert()
ADD_NOTICES = t.outbox.insert()
ADD_KEYS = t.order_key.insert()
ADD_PERSONAL = t.personal.insert()
LOAD_KEY = sa.select(t.order_key.c.wrapped).where(t.order_key.c.order_id == _KEY)
_SERIES = (t.counter.c.office == sa.bindparam("of_office")) & (t.counter.c.series == sa.bindparam("of_series"))
COUNT_ON = t.counter.update().where(_SERIES).values(value=t.counter.c.value + 1).returning(t.counter.c.value)
BEGIN_COUNT = t.counter.insert()


class Kept:
    """Aggregates kept between commands, least recently used first out. Taking one out hands over ownership."""

    def __init__(self, most: int = 2_000) -> None:
        self._most = most
        self._orders: OrderedDict[str, Order] = OrderedDict()
        self._lock = Lock()

    def take(self, order_id: str) -> Order | None:
        with self._lock:
            return self._orders.pop(order_id, None)

    def keep(self, order: Order) -> None:
        with self._lock:
            self._orders[order.id] = order
            while len(self._orders) > self._most:
                self._orders.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._orders.clear()


class Database:
    """The store. `url`: see `database.connect`; `secret`: the master key's secret, from the environment."""

    def __init__(self, url: str, secret: str, *, keep: int = 2_000) -> None:
        self.engine = connect(url)
        self.master = MasterKey(secret)
        self.kept = Kept(keep)
        self._local = local()

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        """One command, one commit. Inside `batch()` it is a savepoint of the larger commit."""
        with self._writing() as connection, self._current(connection):
            work = UnitOfWork(connection, self)
            yield work
        work.committed()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Group the commands of this thread into one commit (replays; stated in their output)."""
        try:
            with self.engine.begin() as connection, self._current(connection):
                yield
        except BaseException:
            self.kept.forget()
            raise

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for queries; inside a transaction the one that writes, so that it sees its own work."""
        open_one: sa.Connection | None = getattr(self._local, "connection", None)
        if open_one is not None:
            yield open_one
            return
        with self.engine.connect().execution_options(jieban_read=True) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        open_one: sa.Connection | None = getattr(self._local, "connection", None)
        if open_one is None:
            with self.engine.begin() as connection:
                yield connection
        else:
            with open_one.begin_nested():
                yield open_one

    @contextmanager
    def _current(self, connection: sa.Connection) -> Iterator[None]:
        before = getattr(self._local, "connection", None)
        self._local.connection = connection
        try:
            yield
        finally:
            self._local.connection = before


class UnitOfWork:
    """One transaction (processes.store.Transaction)."""

    def __init__(self, connection: sa.Connection, database: Database) -> None:
        self.connection = connection
        self.database = database
        self._taken: dict[str, Order] = {}
        self._keys: dict[str, OrderKey] = {}
        self._sealed: list[tuple[str, str, Any]] = []
        self._new_keys: list[dict[str, Any]] = []

    # -- loading ----------------------------------------------------------------------------------------------------

    def order(self, order_id: str) -> Order:
        return self._load(LOAD_ORDER, order_id)

    def order_of_task(self, task_id: str) -> Order:
        return self._load(LOAD_BY_TASK, task_id)

    def order_of_deadline(self, deadline_id: str) -> Order:
        return self._load(LOAD_BY_DEADLINE, deadline_id)

    def _load(self, statement: sa.Select[Any], key: str) -> Order:
        row = self.connection.execute(statement, {"key": key}).mappings().first()
        if row is None:
            raise NotFound()
        if row["id"] in self._taken:
            return self._taken[row["id"]]
        kept = self.database.kept.take(row["id"])
        order = kept if kept is not None and kept.version == row["version"] else self._read(row)
        self._taken[order.id] = order
        return order

    def _read(self, row: sa.RowMapping) -> Order:
        run = self.connection.execute
        order = Order(**{name: row[name] for name in ORDER})
        key = {"key": order.id}
        for found in run(LOAD_INSTANCES, key).mappings():
            values = {name: found[name] for name in INSTANCE}
            if values["vars"] is None:
                values["vars"] = order.facts  # the main line's variables are the order's facts
            order.instances[found["id"]] = Instance(**values)
        for found in run(LOAD_TASKS, key).mappings():
            order.tasks[found["id"]] = Task(
                **{name: found[name] for name in TASK},
                roles=tuple(found["roles"]),
                candidates=tuple(found["candidates"]),
                not_by=tuple(found["not_by"]),
            )
        for found in run(LOAD_DEADLINES, key).mappings():
            order.deadlines[found["id"]] = Deadline(**{name: found[name] for name in DEADLINE})
        return order

    # -- saving -----------------------------------------------------------------------------------------------------

    def save(self, order: Order, changes: Changes, entries: Sequence[Entry], notices: Sequence[Notice]) -> None:
        """Write what changed, with its journal entries. Raises `Stale` if the version moved."""
        rows = chain(
            entries,
            order_id=order.id,
            office=order.office,
            deployment=order.deployment,
            seq=order.journal_seq,
            head=order.journal_head or GENESIS,
        )
        order.journal_seq, order.journal_head = rows[-1].seq, rows[-1].hash
        order.ended_instances += sum(1 for i in order.instances.values() if i.ended_at is not None)
        run = self.connection.execute
        new = order.version == 0
        order.version += 1
        values = self._order_row(order)
        if new:
            run(ADD_ORDER, values)
        elif run(SAVE_ORDER, {**_to(values, ORDER_CHANGES), "old_version": order.version - 1}).rowcount != 1:
            raise Stale()
        if changes.new_units:
            run(ADD_UNITS, [{"unit": u, "order_id": order.id} for u in sorted(changes.new_units)])
        self._save_instances(order, changes)
        self._save_tasks(order, changes)
        self._save_deadlines(order, changes)
        run(ADD_JOURNAL, [_journal_row(row) for row in rows])
        self._save_personal(order)
        if notices:
            run(ADD_NOTICES, [_notice_row(order, notice) for notice in notices])
        self._taken[order.id] = order

    def committed(self) -> None:
        """The commit is through: keep the aggregates for the next command, without what is history."""
        for order in self._taken.values():
            _forget_history(order)
            self.database.kept.keep(order)

    def _order_row(self, order: Order) -> dict[str, Any]:
        due = [d.due_at for d in order.deadlines.values() if _pending(d) and not d.soft]
        facts = order.facts
        return {
            **{name: facts.get(name) for name in INDEXED_FACTS},
            "id": order.id,
            "office": order.office,
            "number": order.number,
            "deployment": order.deployment,
            "status": order.status,
            "title": order.title,
            "overdue": bool(facts.get("overdue")),
            "received_at": order.received_at,
            "closed_at": order.closed_at,
            "archived_at": order.archived_at,
            "next_due_at": min(due, default=None),
            "facts": facts,
            "units": order.units,
            "done": order.done,
            "started": order.started,
            "ended_instances": order.ended_instances,
            "replay": order.replay,
            "version": order.version,
            "journal_seq": order.journal_seq,
            "journal_head": order.journal_head,
        }

    def _save_instances(self, order: Order, changes: Changes) -> None:
        for one in (*changes.new_instances.values(), *changes.instances.values()):
            one.state = order.runs[one.id].state() if one.id in order.runs else one.state
        run = self.connection.execute
        if changes.new_instances:
            run(ADD_INSTANCES, [self._instance_row(order, one) for one in changes.new_instances.values()])
        if changes.instances:
            rows = [self._instance_row(order, one) for one in changes.instances.values()]
            run(SAVE_INSTANCES, [_to(row, INSTANCE_CHANGES) for row in rows])

    def _instance_row(self, order: Order, one: Instance) -> dict[str, Any]:
        row = {name: getattr(one, name) for name in INSTANCE}
        row["order_id"] = order.id
        row["vars"] = None if one.vars is order.facts else one.vars
        return row

    def _save_tasks(self, order: Order, changes: Changes) -> None:
        run = self.connection.execute
        if changes.new_tasks:
            run(ADD_TASKS, [_task_row(order, one) for one in changes.new_tasks.values()])
        changed = [_row(one, TASK_CHANGES) for one in changes.tasks.values() if one.id not in changes.new_tasks]
        if changed:
            run(SAVE_TASKS, changed)

    def _save_deadlines(self, order: Order, changes: Changes) -> None:
        run = self.connection.execute
        if changes.new_deadlines:
            run(ADD_DEADLINES, [_deadline_row(order, one) for one in changes.new_deadlines.values()])
        old = [one for one in changes.deadlines.values() if one.id not in changes.new_deadlines]
        if old:
            run(SAVE_DEADLINES, [_row(one, DEADLINE_CHANGES) for one in old])

    # -- personal values --------------------------------------------------------------------------------------------

    def seal(self, order: Order, values: Mapping[str, Any]) -> dict[str, str]:
        """Encrypt personal values under the order's key; they are written with `save`. Returns their hashes."""
        key = self._key(order)
        self._sealed += [(order.id, field, value) for field, value in values.items()]
        return {field: key.digest(field, value) for field, value in values.items()}

    def _key(self, order: Order) -> OrderKey:
        key = self._keys.get(order.id)
        if key is None:
            wrapped = None
            if order.version:
                wrapped = self.connection.execute(LOAD_KEY, {"key": order.id}).scalar()
            if wrapped is None:
                key, wrapped = self.database.master.new(order.id)
                self._new_keys.append({"order_id": order.id, "wrapped": wrapped})
            else:
                key = self.database.master.unwrap(order.id, wrapped)
            self._keys[order.id] = key
        return key

    def _save_personal(self, order: Order) -> None:
        if self._new_keys:
            self.connection.execute(ADD_KEYS, self._new_keys)
            self._new_keys = []
        if not self._sealed:
            return
        key = self._key(order)
        rows = [{"order_id": oid, "field": f, "sealed": key.seal(f, v)} for oid, f, v in self._sealed]
        if order.version > 1:
            fields = [row["field"] for row in rows]
            where = (t.personal.c.order_id == order.id) & t.personal.c.field.in_(fields)
            self.connection.execute(t.personal.delete().where(where))
        self.connection.execute(ADD_PERSONAL, rows)
        self._sealed = []

    # -- offices ----------------------------------------------------------------------------------------------------

    def next_in_series(self, office: str, series: str) -> int:
        """The next number of a series (order numbers of a day, ledger numbers of a year), without gaps or doubles."""
        run = self.connection.execute
        found = run(COUNT_ON, {"of_office": office, "of_series": series}).scalar()
        if found is None:
            run(BEGIN_COUNT, {"office": office, "series": series, "value": 1})
            found = 1
        return int(found)

    def record(self, office: str, entries: Sequence[Entry], deployment: int | None = None) -> None:
        """Append to the office's own chain."""
        c = t.office.c
        query = sa.select(c.journal_seq, c.journal_head).where(c.id == office).with_for_update()
        head = self.connection.execute(query).one()
        rows = chain(
            entries,
            order_id=None,
            office=office,
            deployment=deployment,
            seq=head.journal_seq,
            head=head.journal_head or GENESIS,
        )
        self.connection.execute(ADD_JOURNAL, [_journal_row(row) for row in rows])
        values = {"journal_seq": rows[-1].seq, "journal_head": rows[-1].hash}
        self.connection.execute(t.office.update().where(c.id == office).values(values))


def _to(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Parameters of an `_updating` statement from a row."""
    return {"row_id": row["id"], **{f"to_{name}": row[name] for name in names}}


def _row(one: Task | Deadline, names: tuple[str, ...]) -> dict[str, Any]:
    return {"row_id": one.id, **{f"to_{name}": getattr(one, name) for name in names}}


def _pending(deadline: Deadline) -> bool:
    return deadline.fired_at is None and deadline.cancelled_at is None


def _forget_history(order: Order) -> None:
    order.tasks = {k: v for k, v in order.tasks.items() if v.closed_at is None}
    order.deadlines = {k: v for k, v in order.deadlines.items() if not v.cancelled_at and not v.ended_at}
    for one in [i for i in order.instances.values() if i.ended_at is not None]:
        del order.instances[one.id]
        order.runs.pop(one.id, None)


def _task_row(order: Order, one: Task) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(one, name) for name in TASK}
    row |= {
        "order_id": order.id,
        "office": order.office,
        "roles": list(one.roles),
        "role": one.roles[0] if one.roles else None,
        "candidates": list(one.candidates),
        "not_by": list(one.not_by),
    }
    return row


def _deadline_row(order: Order, one: Deadline) -> dict[str, Any]:
    return {name: getattr(one, name) for name in DEADLINE} | {"order_id": order.id}


def _journal_row(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Row.__slots__}


def _notice_row(order: Order, notice: Notice) -> dict[str, Any]:
    return {
        "key": notice.key,
        "order_id": order.id,
        "to": notice.to,
        "unit": notice.unit,
        "template": notice.template,
        "body": notice.body,
        "at": notice.at,
        "attempts": 0,
    }
