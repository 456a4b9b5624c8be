"""What a transaction has to write: collected per order, written together (`persistence.statements`).

A single command writes at once. Inside `Database.bulk()` the commands of a whole group are collected: rows are made
when they are written, so that what ten commands did to one order is one row each of order, instance and task. The
journal is chained command by command either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.keys import OrderKey
from persistence.notice_states import KEPT, WAITING
from persistence.statements import Insert, Update, Write, write
from processes.changes import Changes
from processes.errors import FileGone, Stale
from processes.journal import Row
from processes.order import Deadline, Instance, Notice, Order, Task

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
INDEXED_FACTS = ("request_type", "category", "region", "channel", "lead_unit", "archive_no")
ORDER_CHANGES = (
    *INDEXED_FACTS, "status", "overdue", "closed_at", "archived_at", "next_due_at", "facts", "units", "done", "started",
    "ended_instances", "version", "journal_seq", "journal_head",
)  # fmt: skip
ORDER_ONCE = ("id", "office", "kind", "process", "number", "deployment", "title", "received_at", "replay")
INSTANCE_CHANGES = ("state", "vars", "status", "ended_at")
TASK_CHANGES = ("assignee", "due_at", "closed_at", "outcome", "done_by")
DEADLINE_CHANGES = (
    "rule", "due_at", "provisional", "calendar", "explanation", "held_by", "extended_from", "fired_at", "cancelled_at",
    "ended_at",
)  # fmt: skip


JOURNAL = tuple(Row.__slots__)
ADD_ORDER = Insert(t.work_order, (*ORDER_CHANGES, *ORDER_ONCE))
SAVE_ORDER = Update(t.work_order, ORDER_CHANGES, version=True)
ADD_UNITS = Insert(t.order_unit, ("unit", "order_id", "office", "received_at"))
ADD_INSTANCES = Insert(t.instance, (*INSTANCE, "order_id"))
SAVE_INSTANCES = Update(t.instance, INSTANCE_CHANGES)
ADD_TASKS = Insert(t.task, (*TASK, "order_id", "office", "roles", "role", "candidates", "not_by"))
SAVE_TASKS = Update(t.task, TASK_CHANGES)
ADD_DEADLINES = Insert(t.deadline, (*DEADLINE, "order_id"))
SAVE_DEADLINES = Update(t.deadline, DEADLINE_CHANGES)
ADD_JOURNAL = Insert(t.journal, JOURNAL)
ADD_KEYS = Insert(t.order_key, ("order_id", "wrapped"))
ADD_PERSONAL = Insert(t.personal, ("order_id", "field", "sealed"), over=("order_id", "field"))
ADD_NOTICES = Insert(
    t.outbox, ("key", "order_id", "to", "unit", "template", "body", "at", "attempts", "state", "next_at")
)
# Only files that still wait for their order, of the one who handed them in.
ATTACH = (
    t.attachment.update()
    .where(
        t.attachment.c.id == sa.bindparam("file"),
        t.attachment.c.office == sa.bindparam("of_office"),
        t.attachment.c.uploaded_by == sa.bindparam("by"),
        t.attachment.c.order_id.is_(None),
    )
    .values(order_id=sa.bindparam("to_order"), key=sa.bindparam("wrapped"))
)


@dataclass(slots=True)
class Touched:
    """What is to be written of one order. `stored`: its version in the database, 0 for a new one."""

    order: Order
    stored: int
    changes: Changes = field(default_factory=Changes)
    runs: dict[str, Any] = field(default_factory=dict)
    """Engine runs of changed instances: their state is made text when it is written."""


class Writes:
    """The collector. `orders` and `tasks` find what this transaction has in hand, written or not."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.tasks: dict[str, str] = {}
        self.keys: dict[str, OrderKey] = {}
        self._touched: dict[str, Touched] = {}
        self._journal: list[dict[str, Any]] = []
        self._notices: list[dict[str, Any]] = []
        self._new_keys: list[dict[str, Any]] = []
        self._personal: dict[tuple[str, str], bytes] = {}
        self._files: list[dict[str, Any]] = []

    def have(self, order: Order) -> None:
        """An order was loaded, or saved: from now on it is found here."""
        self.orders[order.id] = order
        for task in order.tasks:
            self.tasks[task] = order.id

    def add(self, order: Order, stored: int, changes: Changes, rows: Iterable[Row], notices: Iterable[Notice]) -> None:
        """One command's changes, with its chained journal rows. `stored`: the order's version before it."""
        touched = self._touched.get(order.id)
        if touched is None:
            touched = self._touched[order.id] = Touched(order, stored)
        touched.changes.include(changes)
        for instance in (*changes.new_instances, *changes.instances):
            if instance in order.runs:
                touched.runs[instance] = order.runs[instance]
        self._journal += [journal_row(row) for row in rows]
        self._notices += [_notice_row(order, notice) for notice in notices]
        self.have(order)

    def add_key(self, order: Order, wrapped: bytes) -> None:
        self._new_keys.append({"order_id": order.id, "wrapped": wrapped})

    def add_personal(self, order_id: str, name: str, sealed: bytes) -> None:
        self._personal[order_id, name] = sealed

    def attach(self, order: Order, user: str, file: str, wrapped: bytes) -> None:
        """`wrapped`: the file's key under that of the order."""
        self._files.append(
            {"file": file, "of_office": order.office, "by": user, "to_order": order.id, "wrapped": wrapped}
        )

    # -- writing ----------------------------------------------------------------------------------------------------

    def flush(self, connection: sa.Connection) -> None:
        """Write everything collected. Raises `Stale` if an order's version moved or a file waits no more."""
        every = list(self._touched.values())
        orders = [_order_row(one.order) | {"old_version": one.stored} for one in every]
        work: list[tuple[Write, list[dict[str, Any]]]] = [
            (ADD_ORDER, [row for row in orders if not row["old_version"]]),
            (SAVE_ORDER, [row for row in orders if row["old_version"]]),
            (ADD_UNITS, [_unit_row(one, unit) for one in every for unit in sorted(one.changes.new_units)]),
            *self._instances(every),
            (ADD_TASKS, [_task_row(one.order, it) for one in every for it in one.changes.new_tasks.values()]),
            (SAVE_TASKS, [_row(it, TASK_CHANGES) for one in every for it in one.changes.tasks.values()]),
            (ADD_DEADLINES, [_deadline_row(one, it) for one in every for it in one.changes.new_deadlines.values()]),
            (SAVE_DEADLINES, [_row(it, DEADLINE_CHANGES) for one in every for it in one.changes.deadlines.values()]),
            (ADD_JOURNAL, self._journal),
            (ADD_KEYS, self._new_keys),
            (ADD_PERSONAL, [{"order_id": key[0], "field": key[1], "sealed": it} for key, it in self._personal.items()]),
            (ADD_NOTICES, self._notices),
        ]
        if not write(connection, work):
            raise Stale()
        for file in self._files:
            if connection.execute(ATTACH, file).rowcount != 1:
                raise FileGone()
        self._touched, self._journal, self._notices, self._new_keys, self._personal = {}, [], [], [], {}
        self._files = []

    def _instances(self, every: Sequence[Touched]) -> list[tuple[Write, list[dict[str, Any]]]]:
        for one in every:
            for instance in (*one.changes.new_instances.values(), *one.changes.instances.values()):
                if instance.id in one.runs:
                    instance.state = one.runs[instance.id].state()
        new = [_instance_row(one.order, it) for one in every for it in one.changes.new_instances.values()]
        old = [_instance_row(one.order, it) for one in every for it in one.changes.instances.values()]
        return [(ADD_INSTANCES, new), (SAVE_INSTANCES, old)]


def journal_row(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in JOURNAL}


def _order_row(order: Order) -> dict[str, Any]:
    due = [d.due_at for d in order.deadlines.values() if d.is_running and not d.soft]
    facts = order.facts
    return {
        **{name: facts.get(name) for name in INDEXED_FACTS},
        "id": order.id,
        "office": order.office,
        "kind": order.kind,
        "process": order.process,
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


def _instance_row(order: Order, one: Instance) -> dict[str, Any]:
    row = {name: getattr(one, name) for name in INSTANCE}
    row["order_id"] = order.id
    row["vars"] = None if one.vars is order.facts else one.vars
    return row


def _task_row(order: Order, one: Task) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(one, name) for name in TASK}
    row |= {
        "order_id": order.id,
        "office": order.office,
        "roles": list(one.roles),
        "role": one.roles[0] if len(one.roles) == 1 else None,
        "candidates": list(one.candidates),
        "not_by": list(one.not_by),
    }
    return row


def _deadline_row(touched: Touched, one: Deadline) -> dict[str, Any]:
    return {name: getattr(one, name) for name in DEADLINE} | {"order_id": touched.order.id}


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
        # What a replay says, nobody hears.
        "state": KEPT if order.replay else WAITING,
        # At once. `at` is the logical time of what sends it, which for a reminder may lie ahead.
        "next_at": None if order.replay else order.received_at,
    }


def _row(one: Task | Deadline, names: tuple[str, ...]) -> dict[str, Any]:
    return {"id": one.id, **{name: getattr(one, name) for name in names}}


def _unit_row(one: Touched, unit: str) -> dict[str, Any]:
    order = one.order
    return {"unit": unit, "order_id": order.id, "office": order.office, "received_at": order.received_at}
